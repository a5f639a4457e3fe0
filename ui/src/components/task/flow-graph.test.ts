import { expect, test } from "vitest";
import type { FlowStep } from "@/api/task";
import { boxCount, graphOf } from "./flow-graph";

const step = (rest: Partial<FlowStep> = {}) =>
  ({ action: "_inline:x", action_type: rest.steps ? null : "script", depends_on: [], ...rest }) as unknown as FlowStep;

const TASK = {
  flow: {
    fetch: step(),
    region: step({ for_each: ["eu", "us"], depends_on: ["fetch"], steps: { build: step(), test: step() } }),
  },
  finally_steps: { clean: step() },
};

test("an open group is a frame around its steps, a closed one a box with their number", () => {
  const open = graphOf(TASK, () => true, new Map());
  expect(open.nodes.map(({ id, group, isGroup, closed }) => [id, group ?? null, !!isGroup, closed ?? null])).toEqual([
    ["fetch", null, false, null],
    ["region", null, true, null],
    ["region~.build", "region", false, null],
    ["region~.test", "region", false, null],
    ["clean", null, false, null],
  ]);
  const closed = graphOf(TASK, () => false, new Map());
  expect(closed.nodes.map(({ id, isGroup, closed }) => [id, !!isGroup, closed ?? null])).toEqual([
    ["fetch", false, null],
    ["region", false, 2],
    ["clean", false, null],
  ]);
  expect(closed.edges).toEqual([{ from: "fetch", to: "region" }]);
  expect(boxCount(TASK)).toBe(5);
});

test("a step of a group has not the usual time of another one of its name", () => {
  const flow = { build: step(), group: step({ steps: { build: step() } }) };
  const { nodes } = graphOf({ flow, finally_steps: {} }, () => true, new Map([["build", 120_000]]));
  expect(nodes.map(({ id, line }) => [id, line])).toEqual([
    ["build", "2 min"],
    ["group", "group"],
    ["group~.build", "script"],
  ]);
});
