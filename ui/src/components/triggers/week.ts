import type { UpcomingFire } from "@/api/triggers";

export interface Day {
  /** Midnight of the viewer's zone. */
  start: Date;
  /** Fires by hour, 0 to 23; empty hours are left out. */
  hours: Map<number, UpcomingFire[]>;
}

/** The seven days from a day on, each with its fires by the viewer's hours. */
export function daysOf(fires: readonly UpcomingFire[], from: Date): Day[] {
  const days = Array.from({ length: 7 }, (_, index) => ({ start: dayAfter(from, index), hours: new Map() }) as Day);
  for (const fire of fires) {
    const at = new Date(fire.at);
    const day = days.findLast(({ start }) => start <= at);
    if (!day || at >= dayAfter(day.start, 1)) continue;
    const hour = at.getHours();
    const before = day.hours.get(hour);
    if (before) before.push(fire);
    else day.hours.set(hour, [fire]);
  }
  return days;
}

/** Midnight, so many days after the one of a time. */
export function dayAfter(time: Date, days: number): Date {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate() + days);
}

/** The hours that have fires on some day, with gaps of empty hours told apart. */
export function hoursOf(days: readonly Day[]): number[] {
  const used = new Set(days.flatMap((day) => [...day.hours.keys()]));
  return [...used].sort((a, b) => a - b);
}
