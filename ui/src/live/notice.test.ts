import type { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { Invalidator } from "./invalidator";
import { staleKeys } from "./notice";

const STEP = { kind: "step", id: "j1", workspace: "main", task: "build" } as const;

afterEach(() => vi.useRealTimers());

test("a step makes its job and the jobs of its task stale, not the definition or the options of the task", () => {
  const stale = staleKeys(STEP);
  expect(stale).toContainEqual(["job", "j1"]);
  expect(stale).toContainEqual(["task", "main", "build", "jobs"]);
  expect(stale).toContainEqual(["task", "main", "build", "detail"]);
  expect(stale).not.toContainEqual(["task", "main", "build"]);
  expect(stale).not.toContainEqual(["task", "main"]);
  expect(stale).not.toContainEqual(["workspaces"]);
});

test("a resync makes all stale", () => {
  expect(staleKeys({ kind: "resync" })).toBeNull();
});

test("lists are read again after 1.5 seconds at the soonest, a job after a quarter of a second", async () => {
  vi.useFakeTimers();
  const reads: string[] = [];
  const invalidator = new Invalidator(cache(reads, 5));
  for (let ms = 0; ms < 1400; ms += 100) {
    invalidator.take(STEP);
    await vi.advanceTimersByTimeAsync(100);
  }
  const times = (key: string) => reads.filter((one) => one === key).length;
  expect([times("jobs"), times("workers sums")]).toEqual([1, 1]);
  expect(times("job j1")).toBeGreaterThan(3);
});

test("the outcomes of all tasks are read after a change of a job, not of a step", () => {
  expect(staleKeys(STEP)).not.toContainEqual(["tasks", "stats"]);
  expect(staleKeys({ ...STEP, kind: "job" })).toContainEqual(["tasks", "stats"]);
});

test("what took a second to read is read again four seconds later at the soonest", async () => {
  vi.useFakeTimers();
  const reads: string[] = [];
  const invalidator = new Invalidator(cache(reads, 1000));
  for (const expected of [1, 1, 2]) {
    invalidator.take(STEP);
    await vi.advanceTimersByTimeAsync(1900);
    expect(reads.filter((one) => one === "job j1")).toHaveLength(expected);
  }
});

/** A cache whose reads are noted and take so long. */
function cache(reads: string[], ms: number): QueryClient {
  return {
    isFetching: () => 0,
    invalidateQueries: ({ queryKey }: { queryKey: string[] }) => {
      reads.push(queryKey.join(" "));
      return new Promise<void>((resolve) => setTimeout(resolve, ms));
    },
  } as unknown as QueryClient;
}
