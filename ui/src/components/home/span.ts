import { clockTime, hourMinute, weekdayOf } from "@/lib/time";

/** What the URL of Home holds: the part of the day that is looked at. */
export interface HomeSearch {
  from?: string;
  to?: string;
}

/** Reads the URL; bounds come in pairs or not at all. */
export function readHomeSearch(raw: Record<string, unknown>): HomeSearch {
  const { from, to } = raw;
  const areTimes = [from, to].every((one) => typeof one === "string" && !Number.isNaN(Date.parse(one)));
  return areTimes ? { from: from as string, to: to as string } : {};
}

/** `Wed 23:30 – Thu 01:10`. */
export function spanWords({ from = "", to = "" }: HomeSearch): string {
  return `${clockTime(from)} – ${clockTime(to)}`;
}

/** Hours of the clock between two times, in milliseconds, each `step` hours and with the name of the day at midnight. */
export function hourTicks(from: number, to: number, step: number): { at: number; label: string }[] {
  const first = new Date(from);
  first.setMinutes(0, 0, 0);
  const ticks = [];
  for (let at = first.getTime(); at <= to; at += 3_600_000) {
    const hour = new Date(at).getHours();
    if (at < from || hour % step !== 0) continue;
    const label = hour === 0 ? weekdayOf(at) : hourMinute(at);
    ticks.push({ at, label });
  }
  return ticks;
}
