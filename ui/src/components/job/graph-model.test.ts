import { expect, test } from "vitest";
import type { Step } from "@/api/job";
import { boxCount, boxOf, jobGraph } from "./graph-model";
import { stepTree } from "./step-tree";

function step(step_name: string, fields: Partial<Step> = {}): Step {
  return {
    step_name,
    status: "completed",
    depends_on: [],
    retry_history: [],
    loop_index: null,
    loop_total: null,
    ...fields,
  } as unknown as Step;
}

test("loops are one box, groups a frame, and edges show what is under way", () => {
  const tree = stepTree([
    step("list"),
    step("resize", { status: "running", loop_total: 2, depends_on: ["list"] }),
    step("resize[0]", { loop_index: 0 }),
    step("group", { depends_on: ["list"] }),
    step("group~.inner"),
    step("old", { status: "skipped", depends_on: ["list"] }),
  ]);
  const graph = jobGraph(
    tree,
    () => true,
    () => 0.5,
  );
  expect(graph.nodes.map((node) => [node.id, node.group ?? null, !!node.isStacked])).toEqual([
    ["list", null, false],
    ["resize", null, true],
    ["group", null, false],
    ["group~.inner", "group", false],
    ["old", null, false],
  ]);
  expect(graph.edges.map((edge) => [edge.to, edge.tone ?? null])).toEqual([
    ["resize", "way"],
    ["group", null],
    ["old", "none"],
  ]);
  expect(boxOf(graph, "resize[0]")).toBe("resize");
});

test("a closed group is one box that stands for the steps in it", () => {
  const tree = stepTree([step("group"), step("group~.a"), step("group~.b"), step("last", { depends_on: ["group"] })]);
  const graph = jobGraph(
    tree,
    (path) => path !== "group",
    () => undefined,
  );
  expect(graph.nodes.map((node) => [node.id, !!node.isGroup, node.closed ?? null])).toEqual([
    ["group", false, 2],
    ["last", false, null],
  ]);
  expect(graph.edges.map(({ from, to }) => [from, to])).toEqual([["group", "last"]]);
  expect(boxOf(graph, "group~.b")).toBe("group");
  expect(boxCount(tree)).toBe(4);
});
