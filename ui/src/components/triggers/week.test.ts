import { describe, expect, it } from "vitest";
import { dayAfter, daysOf, hoursOf } from "./week";

const fire = (at: Date) => ({ at: at.toISOString(), workspace: "w", trigger: "t", task: "x", timezone: null });

describe("daysOf", () => {
  const from = new Date(2026, 10, 27, 15, 0);
  it("places fires by day and hour of the viewer", () => {
    const days = daysOf(
      [fire(new Date(2026, 10, 27, 16, 30)), fire(new Date(2026, 10, 27, 16, 45)), fire(new Date(2026, 11, 3, 0, 0))],
      from,
    );
    expect(days).toHaveLength(7);
    expect(days[0]?.hours.get(16)).toHaveLength(2);
    expect(days[6]?.hours.get(0)).toHaveLength(1);
    expect(hoursOf(days)).toEqual([0, 16]);
  });
  it("leaves out what is after the week", () => {
    expect(hoursOf(daysOf([fire(new Date(2026, 11, 4, 8, 0))], from))).toEqual([]);
  });
  it("counts days of the calendar", () => expect(dayAfter(new Date(2026, 11, 31, 9), 1)).toEqual(new Date(2027, 0, 1)));
});
