import { expect, test } from "vitest";
import { fuzzy } from "./fuzzy";

test("letters must be there in their order", () => {
  expect(fuzzy("catalog/reprocess", "ctrp")?.marks).toEqual([0, 2, 8, 10]);
  expect(fuzzy("catalog/reprocess", "zz")).toBeNull();
});

test("a part of the text is better than scattered letters, and the start of a word better than its middle", () => {
  const score = (text: string) => fuzzy(text, "build")?.score ?? 0;
  expect(score("warehouse/build")).toBeGreaterThan(score("warehouse/rebuild"));
  expect(score("warehouse/rebuild")).toBeGreaterThan(score("b/uxi/lxd"));
});
