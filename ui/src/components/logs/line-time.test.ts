import { expect, test } from "vitest";
import { matchesIn, patternOf, pieces } from "./highlight";
import { lineTime } from "./line-time";

test.each([
  [0, "0.0"],
  [57_100, "57.1"],
  [59_970, "1:00"],
  [277_000, "4:37"],
  [3_729_000, "1:02:09"],
])("%i ms after the first line", (ms, words) => {
  expect(lineTime(1_000_000 + ms, 1_000_000, "offset")).toBe(words);
});

test("matches are marked across spans", () => {
  const bounds = matchesIn("a timeout, a Timeout", patternOf({ q: "timeout" }));
  expect(bounds).toEqual([2, 9, 13, 20]);
  expect(pieces("meout, a T", 4, bounds)).toEqual([
    { text: "meout", isHit: true },
    { text: ", a ", isHit: false },
    { text: "T", isHit: true },
  ]);
});

test("a pattern that only the server knows marks nothing", () => {
  expect(patternOf({ q: "(?P<a>x)", regex: true })).toBeNull();
  expect(matchesIn("abc", patternOf({ q: "x*", regex: true }))).toEqual([]);
  expect(matchesIn("a.b", patternOf({ q: "." }))).toEqual([1, 2]);
});
