import { expect, it } from "vitest";
import { movedDraft, movedFile } from "./moved";

const BASE = "1\n2\n3\n4\n";

it("tells what became of each edited file", () => {
  const state = (base: string | null, text: string | null, theirs: string | null) =>
    movedFile("a", { base, text }, theirs).state;
  expect(state(BASE, "x\n2\n3\n4\n", BASE)).toBe("same");
  expect(state(BASE, "x\n2\n3\n4\n", "x\n2\n3\n4\n")).toBe("there");
  expect(state(BASE, "x\n2\n3\n4\n", "1\n2\n3\ny\n")).toBe("merged");
  expect(state(BASE, "x\n2\n3\n4\n", "y\n2\n3\n4\n")).toBe("conflict");
  expect(state(null, "new", null)).toBe("same");
  expect(state(null, "new", "other")).toBe("conflict");
  expect(state(BASE, null, null)).toBe("there");
  expect(state(BASE, null, "other")).toBe("conflict");
  expect(state(BASE, "x", null)).toBe("conflict");
});

it("moves edits, merges them, and takes the newer text where that is chosen", () => {
  const files = [
    movedFile("same", { base: BASE, text: "x" }, BASE),
    movedFile("there", { base: BASE, text: "x" }, "x"),
    movedFile("merged", { base: BASE, text: "x\n2\n3\n4\n" }, "1\n2\n3\ny\n"),
    movedFile("mine", { base: BASE, text: "mine" }, "theirs"),
    movedFile("theirs", { base: BASE, text: "mine" }, "theirs"),
  ];
  expect(movedDraft({ release: 9, revision: "r" }, files, new Set(["theirs"]))).toEqual({
    release: 9,
    revision: "r",
    files: {
      same: { base: BASE, text: "x" },
      merged: { base: "1\n2\n3\ny\n", text: "x\n2\n3\ny\n" },
      mine: { base: "theirs", text: "mine" },
    },
  });
});
