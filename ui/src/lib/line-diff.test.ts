import { expect, it } from "vitest";
import { lineChanges, unifiedLines } from "./line-diff";

it("finds what was changed, added and removed", () => {
  const changes = lineChanges(["a", "b", "c", "d"], ["a", "x", "c", "d", "e"]);
  expect(changes).toEqual([
    { from: 1, to: 2, start: 1, end: 2 },
    { from: 4, to: 4, start: 4, end: 5 },
  ]);
  expect(lineChanges(["a", "b"], ["a", "b"])).toEqual([]);
  expect(lineChanges(["a", "b", "c"], ["c"])).toEqual([{ from: 0, to: 2, start: 0, end: 0 }]);
});

it("writes them as a unified diff, apart when they are far from each other", () => {
  const old = Array.from({ length: 20 }, (_, index) => String(index));
  const now = old.with(1, "one").with(18, "eighteen");
  expect(unifiedLines(old.join("\n"), now.join("\n"))).toEqual([
    "@@ -1 +1 @@",
    " 0",
    "-1",
    "+one",
    " 2",
    " 3",
    " 4",
    "@@ -16 +16 @@",
    " 15",
    " 16",
    " 17",
    "-18",
    "+eighteen",
    " 19",
  ]);
});
