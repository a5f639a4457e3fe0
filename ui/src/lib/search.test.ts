import { expect, test } from "vitest";
import { only, readTexts } from "./search";

test("texts of a URL, also those that look like numbers", () => {
  const raw = { q: 2024, id: 9007199254740993n, workspace: "main", empty: "", other: "x", flag: true };
  expect(readTexts(raw, ["q", "id", "workspace", "empty", "flag", "none"])).toEqual({
    q: "2024",
    id: "9007199254740993",
    workspace: "main",
  });
});

test("what a URL holds besides is left out", () => {
  const read = only((raw) => readTexts(raw, ["q"]));
  expect(read({ q: "x", tab: "nothing" })).toEqual({ q: "x", tab: undefined });
});
