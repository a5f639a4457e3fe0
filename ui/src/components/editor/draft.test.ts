import { describe, expect, it } from "vitest";
import { changeOf, type Draft, mistakeInPath, pathsOf, reverted, textsOf, withPath, withText } from "./draft";
import { mergeTexts } from "./merge";

const EMPTY: Draft = { release: 4, revision: "abc", files: {} };

describe("a draft", () => {
  it("keeps the first text of a file, and forgets a file that is again as it was", () => {
    const once = withText(EMPTY, "a", "one\n", "two\n");
    const twice = withText(once, "a", "two\n", "three\n");
    expect(twice.files["a"]).toEqual({ base: "one\n", text: "three\n" });
    expect(withText(twice, "a", "three\n", "one\n").files).toEqual({});
  });

  it("has new, changed and removed files", () => {
    const draft = withText(withText(withText(EMPTY, "new", null, ""), "gone", "x", null), "a", "x", "y");
    expect(["new", "gone", "a", "other"].map((path) => changeOf(draft.files[path]))).toEqual([
      "added",
      "removed",
      "changed",
      undefined,
    ]);
    expect(textsOf(draft)).toEqual({ new: "", gone: null, a: "y" });
    expect(pathsOf(["a", "gone"], draft)).toEqual(["a", "gone", "new"]);
    expect(reverted(draft, "gone").files["gone"]).toBeUndefined();
  });

  it("forgets a new file that is removed", () => {
    expect(withText(withText(EMPTY, "new", null, "x"), "new", null, null).files).toEqual({});
  });

  it("renames with the edits, and back", () => {
    const moved = withPath(withText(EMPTY, "a", "x", "y"), "a", "x", "b", null);
    expect(moved.files).toEqual({ a: { base: "x", text: null }, b: { base: null, text: "y" } });
    expect(withPath(moved, "b", null, "a", "x").files).toEqual({ a: { base: "x", text: "y" } });
  });
});

it("refuses paths that lead elsewhere or are taken", () => {
  const paths = ["a/b.yaml", "c"];
  for (const path of ["", "/a", "a//b", "../x", ".git/x", "a/.GIT", '"', "a\nb", "_libraries/x", "c", "a", "c/d", " a"])
    expect(mistakeInPath(path, paths), path).not.toBeNull();
  expect(mistakeInPath("a/with space.yaml", paths)).toBeNull();
});

describe("a merge", () => {
  const base = "1\n2\n3\n4\n5\n";
  it("has both edits when they are apart", () => {
    expect(mergeTexts(base, "1\nmine\n3\n4\n5\n", "1\n2\n3\n4\n5\n6\n")).toBe("1\nmine\n3\n4\n5\n6\n");
    expect(mergeTexts(base, "2\n3\n4\n5\n", "1\n2\n3\ntheirs\n5\n")).toBe("2\n3\ntheirs\n5\n");
  });
  it("has an edit that both made once", () => {
    expect(mergeTexts(base, "1\nx\n3\n4\n5\n", "1\nx\n3\n4\nfive\n")).toBe("1\nx\n3\n4\nfive\n");
  });
  it("is none for the same lines or lines that touch", () => {
    expect(mergeTexts(base, "1\nmine\n3\n4\n5\n", "1\ntheirs\n3\n4\n5\n")).toBeNull();
    expect(mergeTexts(base, "1\nmine\n3\n4\n5\n", "1\n2\ntheirs\n4\n5\n")).toBeNull();
  });
});
