import { expect, test } from "vitest";
import { differences, inputToChange, inShort, itemWords } from "./values";

test("an input in one line", () => {
  expect(inShort({ since: "2026-11-25", sizes: [1, 2, 3], id: 9007199254740993n })).toBe(
    "since=2026-11-25 sizes=[3] id=9007199254740993",
  );
  expect(inShort({})).toBe("none");
});

test("the value of an item in one line", () => {
  expect(itemWords("eu-west")).toBe("eu-west");
  expect(itemWords({ os: "linux", python: 3.12 })).toBe("os=linux python=3.12");
  expect(itemWords([1, 2])).toBe("[2]");
  expect(itemWords(null)).toBe("");
});

test("an input to be changed has the defaults that the job took", () => {
  const whole = { day: "2026-11-27", sizes: [1], db: { host: "h" }, token: "••••••", none: null, level: 3 };
  expect(inputToChange({ level: 2 }, whole)).toEqual({ day: "2026-11-27", sizes: [1], level: 2 });
  expect(inputToChange(null, null)).toEqual({});
});

test("differences are named by their path", () => {
  expect(differences({ a: 1, b: { c: 2 }, d: [1] }, { a: 1, b: { c: 3 }, d: [1] })).toEqual([
    { path: "b.c", left: 2, right: 3 },
  ]);
  expect(differences({ a: 1 }, { b: 1 }).map((one) => one.path)).toEqual(["a", "b"]);
});
