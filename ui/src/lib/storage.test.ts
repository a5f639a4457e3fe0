import { afterEach, expect, test } from "vitest";
import { isFlag, isListOf, isText, store, stored, storedInTab } from "./storage";

afterEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

test("a value that was kept is read again", () => {
  store("flag", false);
  store("list", ["a", "b"]);
  expect(stored("flag", isFlag, true)).toBe(false);
  expect(stored("list", isListOf(isText), [])).toEqual(["a", "b"]);
});

test("a value of another shape counts as absent", () => {
  for (const text of ["null", "{}", "[1]", "nothing", '"a"']) {
    localStorage.setItem("stroem.list", text);
    sessionStorage.setItem("stroem.list", text);
    expect(stored("list", isListOf(isText), ["none"])).toEqual(["none"]);
    expect(storedInTab("list", isListOf(isText))).toBeUndefined();
  }
});
