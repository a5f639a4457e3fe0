import { expect, test } from "vitest";
import type { Step } from "@/api/job";
import { grown, scaleOf, segmentsOf, ticksOf } from "./gantt-scale";
import { stepTree } from "./step-tree";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

function step(step_name: string, fields: Partial<Step> = {}): Step {
  return { step_name, status: "completed", depends_on: [], retry_history: [], ...fields } as unknown as Step;
}

test("ticks are round and carry the unit once", () => {
  expect(ticksOf(33 * 60_000).map((tick) => tick.label)).toEqual(["0", "10 min", "20", "30"]);
  expect(ticksOf(3000).map((tick) => tick.label)).toEqual(["0", "1 s", "2"]);
});

test("the axis of a live job stays until the time comes near its end", () => {
  expect(grown(90_000)).toBe(grown(92_000));
  for (const ms of [900, 5_000, 77_000, 1_900_000]) {
    expect(grown(ms)).toBeGreaterThan(ms);
    expect(grown(ms)).toBeLessThan(Math.max(ms, 1000) * 1.3);
  }
});

test("waits, attempts and delays follow each other", () => {
  const tree = stepTree([
    step("list", { started_at: at(0), completed_at: at(10) }),
    step("build", {
      depends_on: ["list"],
      started_at: at(30),
      completed_at: at(40),
      retry_history: [
        { attempt: 1, error: "x", started_at: at(12), failed_at: at(20) },
      ] as unknown as Step["retry_history"],
    }),
  ]);
  const scale = scaleOf({ created_at: at(0), started_at: at(0), completed_at: at(40) }, 0);
  const build = tree.byPath.get("build");
  const found = build ? segmentsOf(build, tree, scale) : [];
  expect(found.map(({ kind, from, to }) => [kind, from / 1000, to / 1000])).toEqual([
    ["waited", 10, 12],
    ["ran", 12, 20],
    ["delay", 20, 30],
    ["ran", 30, 40],
  ]);
});

test("an approval is a wait until now", () => {
  const tree = stepTree([step("ask", { status: "suspended", started_at: at(0), suspended_at: at(0) })]);
  const scale = scaleOf({ created_at: at(0), started_at: at(0) }, Date.parse(at(65)));
  const ask = tree.byPath.get("ask");
  expect(ask && segmentsOf(ask, tree, scale)).toMatchObject([{ kind: "waited", from: 0, to: 65000 }]);
});

test("a step for the end of the job does not wait for anything while others run", () => {
  const tree = stepTree([
    step("list", { status: "running", started_at: at(0) }),
    step("notify", { status: "pending", waits_for: "dependencies" }),
  ]);
  const notify = tree.byPath.get("notify");
  const scale = scaleOf({ created_at: at(0), started_at: at(0) }, Date.parse(at(65)));
  expect(notify && segmentsOf(notify, tree, scale)).toEqual([]);
});

test("a job that has not begun waits in its first steps, and steps that were kept have no bar", () => {
  const tree = stepTree([
    step("list", { status: "pending", waits_for: "dependencies" }),
    step("build", { status: "pending", waits_for: "dependencies", depends_on: ["list"] }),
    step("kept", { started_at: at(0), completed_at: at(9), kept_from_job_id: "x" }),
  ]);
  const scale = scaleOf({ created_at: at(0) }, Date.parse(at(65)));
  const kinds = ["list", "build", "kept"].map((path) => {
    const node = tree.byPath.get(path);
    return node ? segmentsOf(node, tree, scale).map(({ kind }) => kind) : null;
  });
  expect(kinds).toEqual([["waited"], [], []]);
});
