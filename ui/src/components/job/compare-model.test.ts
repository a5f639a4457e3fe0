import { expect, test } from "vitest";
import type { Job } from "@/api/job";
import { changeOf, pairSteps } from "./compare-model";

const job = (steps: [string, number][]) =>
  ({
    steps: steps.map(([step_name, ms]) => ({
      step_name,
      status: "completed",
      started_at: new Date(0).toISOString(),
      completed_at: new Date(ms).toISOString(),
    })),
  }) as unknown as Job;

test("steps stand beside each other, also those of one job only", () => {
  const pairs = pairSteps(
    job([
      ["a", 10],
      ["b", 20],
      ["b[0]", 5],
    ]),
    job([
      ["b", 30],
      ["c", 40],
    ]),
  );
  expect(pairs.map(({ path, leftMs, rightMs }) => [path, leftMs, rightMs])).toEqual([
    ["a", 10, null],
    ["b", 20, 30],
    ["c", null, 40],
  ]);
});

test("only differences that matter are named", () => {
  expect(changeOf(10_000, 10_200)).toBeNull();
  expect(changeOf(10, 900)).toBeNull();
  expect(changeOf(10_000, 15_000)).toBe("+50 %");
  expect(changeOf(10_000, 5_000)).toBe("−50 %");
  expect(changeOf(100, 20_000)).toBe("200 ×");
});
