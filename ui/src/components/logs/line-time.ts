import { hourMinuteSecond } from "@/lib/time";

export const TIME_MODES = ["offset", "clock", "none"] as const;
export type TimeMode = (typeof TIME_MODES)[number];

/** The time of a line: since the first one (`57.1`, `4:37`, `1:02:09`) or of the day. */
export function lineTime(at: number, origin: number, mode: TimeMode): string {
  if (mode === "none" || at === 0) return "";
  if (mode === "clock") return hourMinuteSecond(at);
  const seconds = Math.max(at - origin, 0) / 1000;
  if (seconds < 59.95) return seconds.toFixed(1);
  const whole = Math.round(seconds);
  const rest = String(whole % 60).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}:${rest}`;
  return `${Math.floor(whole / 3600)}:${String(Math.floor(whole / 60) % 60).padStart(2, "0")}:${rest}`;
}
