import { describe, expect, it } from "vitest";
import { cronWords, intervalWords } from "./schedule";

describe("cronWords", () => {
  it.each([
    ["30 0 * * *", "daily at 00:30"],
    ["0 * * * *", "every hour at :00"],
    ["*/10 * * * *", "every 10 min"],
    ["0 18 * * MON-FRI", "weekdays at 18:00"],
    ["0 6,18 * * 1", "Mondays at 06:00, 18:00"],
    ["0 4 1 * *", "on day 1 of each month at 04:00"],
    ["15 */6 * * *", "every 6 h at :15"],
    ["@daily", "daily at 00:00"],
  ])("says %s in words", (cron, words) => expect(cronWords(cron)).toBe(words));

  it.each(["0 0 L * *", "0 9 * * 5L", "0 0 1 JAN *", "1-5 3 * * *", "* * * * * *"])("leaves %s as it is", (cron) =>
    expect(cronWords(cron)).toBe(cron),
  );
});

describe("intervalWords", () => {
  it.each([
    [21600, "every 6 h"],
    [90, "every 90 s"],
    [300, "every 5 min"],
    [86400, "every day"],
  ])("says %d", (seconds, words) => expect(intervalWords(seconds)).toBe(words));
});
