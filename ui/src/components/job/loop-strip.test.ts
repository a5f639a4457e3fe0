import { expect, test } from "vitest";
import type { State } from "@/components/ui/state-glyph";
import { cellsOf, itemsShown, stateCounts } from "./loop-strip";
import type { StepNode } from "./step-tree";

test("10,000 items are 200 cells of the worst state", () => {
  const states: State[] = Array.from({ length: 10_000 }, (_, index) => (index === 4711 ? "failed" : "completed"));
  const cells = cellsOf(states);
  expect(cells).toHaveLength(200);
  expect(cells[94]).toEqual({ from: 4700, size: 50, state: "failed" });
  expect(cells.filter((cell) => cell.state === "failed")).toHaveLength(1);
  expect(stateCounts(states)).toEqual([
    ["completed", 9999],
    ["failed", 1],
  ]);
});

test("failed items come first and the search looks into errors", () => {
  const node = (index: number, status: string, error_message: string | null = null) =>
    ({ path: `r[${index}]`, step: { loop_index: index, status, error_message } }) as unknown as StepNode;
  const items = [
    node(0, "completed"),
    node(1, "failed", "strip 4"),
    node(2, "completed"),
    node(3, "failed", "no decoder"),
  ];
  expect(itemsShown(items, null, "").map((one) => one.path)).toEqual(["r[1]", "r[3]", "r[0]", "r[2]"]);
  expect(itemsShown(items, "failed", "decoder").map((one) => one.path)).toEqual(["r[3]"]);
  expect(itemsShown(items, null, "r[2]").map((one) => one.path)).toEqual(["r[2]"]);
});
