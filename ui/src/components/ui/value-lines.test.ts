import { expect, test } from "vitest";
import { valueLines } from "./value-lines";

test("closed values are one line, large lists show a part", () => {
  const value = { list: Array.from({ length: 250 }, (_, index) => index), name: "x" };
  expect(valueLines(value, (_, depth) => depth < 1, new Map()).map((line) => line.path)).toEqual([
    "",
    "/list",
    "/name",
  ]);
  const lines = valueLines(value, () => true, new Map());
  expect(lines).toHaveLength(1 + 1 + 100 + 1 + 1);
  expect(lines[102]?.more).toBe(150);
});
