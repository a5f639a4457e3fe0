import { expect, test } from "vitest";
import { boundWords, usesWords } from "./bound-words";

test("without bounds a worker may run everything", () => {
  expect(boundWords({ workspaces: [], tags: [], abilities: [] })).toBe("everything");
});

test("bounds are told in words", () => {
  const bounds = { workspaces: ["main", "ops"], tags: ["gpu"], abilities: ["script"] };
  expect(boundWords(bounds)).toBe("in main, ops · tags gpu · abilities script");
});

test("the workers that have joined are told with those that may", () => {
  expect(usesWords({ uses: 1, uses_left: 2 })).toBe("1 of 3");
  expect(usesWords({ uses: 4, uses_left: null })).toBe("4 of any number");
});
