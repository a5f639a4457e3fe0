import { roughDuration } from "./duration";

const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockWithSeconds = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const weekday = format({ weekday: "short" });
const day = format({ day: "numeric", month: "short" });
const dayAndYear = format({ day: "numeric", month: "short", year: "numeric" });
const exact = format({ dateStyle: "full", timeStyle: "long", hourCycle: "h23" });

/** Writes times in the viewer's locale. A format takes milliseconds to make: it is made when it is first used. */
function format(options: Intl.DateTimeFormatOptions): (when: Date | number) => string {
  let made: Intl.DateTimeFormat | undefined;
  return (when) => {
    made ??= new Intl.DateTimeFormat(undefined, options);
    return made.format(when);
  };
}

/** `09:41` today, `Wed 22:14` within a week, `3 Nov 08:00` within a year, else with the year. What is no time is given back. */
export function clockTime(when: string | Date, now = new Date()): string {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return String(when);
  const time = clock(date);
  if (date.toDateString() === now.toDateString()) return time;
  const days = Math.abs(now.getTime() - date.getTime()) / 86_400_000;
  if (days < 6) return `${weekday(date)} ${time}`;
  return days < 300 ? `${day(date)} ${time}` : `${dayAndYear(date)} ${time}`;
}

/** `09:41`, whatever the day. */
export function hourMinute(when: Date | number): string {
  return clock(when);
}

/** `09:41:07`, whatever the day. */
export function hourMinuteSecond(when: Date | number): string {
  return clockWithSeconds(when);
}

/** `Wed`. */
export function weekdayOf(when: Date | number): string {
  return weekday(when);
}

/** `8 h ago` or `in 3 min` within two days, else the clock time. */
export function relativeTime(when: string | Date, now = Date.now()): string {
  const ms = new Date(when).getTime() - now;
  if (Math.abs(ms) > 2 * 86_400_000) return Math.abs(ms) < 30 * 86_400_000 ? sided(ms) : clockTime(when);
  return Math.abs(ms) < 1000 ? "now" : sided(ms);
}

/** The whole date and time with its zone, for titles. */
export function exactTime(when: string | Date): string {
  return exact(new Date(when));
}

function sided(ms: number): string {
  return ms > 0 ? `in ${roughDuration(ms)}` : `${roughDuration(-ms)} ago`;
}
