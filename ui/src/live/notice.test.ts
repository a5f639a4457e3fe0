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
  const queries = {
    isFetching: () => 0,
    invalidateQueries: ({ queryKey }: { queryKey: string[] }) => reads.push(queryKey.join(" ")),
  } as unknown as QueryClient;
  const invalidator = new Invalidator(queries);
  for (let ms = 0; ms < 1400; ms += 100) {
    invalidator.take(STEP);
    await vi.advanceTimersByTimeAsync(100);
  }
  const times = (key: string) => reads.filter((one) => one === key).length;
  expect([times("jobs"), times("workers sums")]).toEqual([1, 1]);
  expect(times("job j1")).toBeGreaterThan(3);
});

test("the outcomes of all tasks are read after a change of a job, not of a step, and ten seconds later again", async () => {
  vi.useFakeTimers();
  const reads: string[] = [];
  const queries = {
    isFetching: () => 0,
    invalidateQueries: ({ queryKey }: { queryKey: string[] }) => reads.push(queryKey.join(" ")),
  } as unknown as QueryClient;
  const invalidator = new Invalidator(queries);
  const times = () => reads.filter((one) => one === "tasks stats").length;
  invalidator.take(STEP);
  await vi.advanceTimersByTimeAsync(100);
  expect(times()).toBe(0);
  for (const expected of [1, 1, 2]) {
    invalidator.take({ ...STEP, kind: "job" });
    await vi.advanceTimersByTimeAsync(5000);
    expect(times()).toBe(expected);
  }
});
