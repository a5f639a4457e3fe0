import { roughDuration } from "./duration";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long", hourCycle: "h23" });

/** `09:41` today, `Wed 22:14` within a week, `3 Nov 08:00` within a year, else with the year. What is no time is given back. */
export function clockTime(when: string | Date, now = new Date()): string {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return String(when);
  const time = clock.format(date);
  if (date.toDateString() === now.toDateString()) return time;
  const days = Math.abs(now.getTime() - date.getTime()) / 86_400_000;
  if (days < 6) return `${weekday.format(date)} ${time}`;
  return days < 300 ? `${day.format(date)} ${time}` : `${dayAndYear.format(date)} ${time}`;
}

/** `09:41`, whatever the day. */
export function hourMinute(when: Date | number): string {
  return clock.format(when);
}

/** `09:41:07`, whatever the day. */
export function hourMinuteSecond(when: Date | number): string {
  return clockWithSeconds.format(when);
}

/** `Wed`. */
export function weekdayOf(when: Date | number): string {
  return weekday.format(when);
}

/** `8 h ago` or `in 3 min` within two days, else the clock time. */
export function relativeTime(when: string | Date, now = Date.now()): string {
  const ms = new Date(when).getTime() - now;
  if (Math.abs(ms) > 2 * 86_400_000) return Math.abs(ms) < 30 * 86_400_000 ? sided(ms) : clockTime(when);
  return Math.abs(ms) < 1000 ? "now" : sided(ms);
}

/** The whole date and time with its zone, for titles. */
export function exactTime(when: string | Date): string {
  return exact.format(new Date(when));
}

function sided(ms: number): string {
  return ms > 0 ? `in ${roughDuration(ms)}` : `${roughDuration(-ms)} ago`;
}
