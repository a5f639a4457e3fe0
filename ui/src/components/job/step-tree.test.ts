import { expect, test } from "vitest";
import type { Step } from "@/api/job";
import { dependenciesOf, failedPaths, firstPath, itemPaths, parentPath, stepTree } from "./step-tree";

function step(step_name: string, fields: Partial<Step> = {}): Step {
  return { step_name, status: "completed", depends_on: [], retry_history: [], ...fields } as unknown as Step;
}

test.each([
  ["build", null],
  ["build.x86", null],
  ["check~2", null],
  ["region[0]", "region"],
  ["region[12].deploy", "region[12]"],
  ["setup~.test", "setup"],
  ["setup~.build.x86", "setup"],
  ["setup~.inner~.deep~2", "setup~.inner"],
  ["check~2.inner", "check~2"],
  ["a.b.c[3]", "a.b.c"],
])("around %s is %s", (path, around) => expect(parentPath(path)).toBe(around));

test("the flat list becomes a tree", () => {
  const tree = stepTree([
    step("build"),
    step("region", { loop_total: 1, depends_on: ["build"] }),
    step("region[0]"),
    step("region[0].deploy"),
    step("region[0].check", { depends_on: ["deploy"] }),
  ]);
  expect(tree.roots.map((node) => node.name)).toEqual(["build", "region"]);
  expect(tree.roots[1]?.items.map((node) => node.path)).toEqual(["region[0]"]);
  const check = tree.byPath.get("region[0].check");
  expect(check && dependenciesOf(check, tree).map((node) => node.path)).toEqual(["region[0].deploy"]);
});

test("the steps of a group are in it, whatever dots their names have", () => {
  const tree = stepTree([step("x.y"), step("x.y~.build.x86"), step("x.y~.last", { depends_on: ["build.x86"] })]);
  expect(tree.roots.map((node) => node.name)).toEqual(["x.y"]);
  expect(tree.roots[0]?.children.map((node) => node.name)).toEqual(["build.x86", "last"]);
  const last = tree.byPath.get("x.y~.last");
  expect(last && dependenciesOf(last, tree).map((node) => node.path)).toEqual(["x.y~.build.x86"]);
});

test("a path names the items around it", () => {
  expect(itemPaths("a[1].b[2].c")).toEqual(["a[1]", "a[1].b[2]"]);
  expect(itemPaths("setup~.build.x86~2")).toEqual([]);
});

test("an item of a loop that is itself the body of a loop lies in the item around it", () => {
  const tree = stepTree(["l", "l[0]", "l[0].m[1]"].map((path) => step(path)));
  expect(tree.byPath.get("l[0].m[1]")?.parent?.path).toBe("l[0]");
});

test("a failed job opens at the first cause, inside of loops", () => {
  const tree = stepTree([
    step("late", { status: "failed", completed_at: "2026-01-01T00:00:09Z" }),
    step("loop", { status: "failed", completed_at: "2026-01-01T00:00:05Z" }),
    step("loop[0]"),
    step("loop[1]", { status: "failed", completed_at: "2026-01-01T00:00:04Z" }),
  ]);
  expect(failedPaths(tree)).toEqual(["late", "loop[1]"]);
  expect(firstPath(tree, "failed")).toBe("loop[1]");
});
