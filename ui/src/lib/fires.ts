import type { Schemas } from "@/api/client";
import { roughDuration } from "./duration";
import { clockTime } from "./time";

/** A schedule's next fires before and after a change, in words. */
interface FireWords {
  old?: string;
  now?: string;
  /** What follows: `moves by 12 h`, `no longer fires`. */
  remark: string;
}

/** What a change does to the next fire of a trigger. */
export function fireWords(fire: Schemas["FireChange"], today = new Date()): FireWords {
  const [old] = fire.old;
  const [now] = fire.new;
  const words: FireWords = {
    old: old && dayTime(old, today),
    now: now && dayTime(now, today),
    remark: REMARK[fire.change] ?? "",
  };
  if (!old || !now || fire.change !== "moved") return words;
  const ms = Date.parse(now) - Date.parse(old);
  words.remark =
    ms === 0 ? "later ones move" : `moves ${ms > 0 ? "back" : "forward"} by ${roughDuration(Math.abs(ms))}`;
  return words;
}

const REMARK: Record<string, string> = {
  added: "fires from now on",
  removed: "no longer fires",
  paused: "is paused",
  resumed: "fires again",
};

/** `today 18:00`, `tomorrow 06:00`, else as clocks say it. */
function dayTime(when: string, today = new Date()): string {
  const date = new Date(when);
  const midnight = (day: Date) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(today)) / 86_400_000);
  const time = clockTime(when, date);
  if (days === 0) return `today ${time}`;
  return days === 1 ? `tomorrow ${time}` : clockTime(when, today);
}
