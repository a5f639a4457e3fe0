import { describe, expect, it } from "vitest";
import { fileRows, filterPaths, isOpenAtFirst } from "./file-tree";

const PATHS = ["README.md", "scripts/10.sh", "scripts/9.sh", ".workflows/a.yaml", "scripts/sub/x.py"];

describe("rows of files", () => {
  it("stand below their folders, folders first, numbers by size", () => {
    expect(fileRows(PATHS, () => true).map(({ path, depth }) => [path, depth])).toEqual([
      [".workflows", 0],
      [".workflows/a.yaml", 1],
      ["scripts", 0],
      ["scripts/sub", 1],
      ["scripts/sub/x.py", 2],
      ["scripts/9.sh", 1],
      ["scripts/10.sh", 1],
      ["README.md", 0],
    ]);
  });

  it("are not shown in closed folders", () => {
    const rows = fileRows(PATHS, (folder) => folder === "scripts");
    expect(rows.map(({ path }) => path)).toEqual([
      ".workflows",
      "scripts",
      "scripts/sub",
      "scripts/9.sh",
      "scripts/10.sh",
      "README.md",
    ]);
  });
});

it("finds paths by words in any order", () => {
  expect(filterPaths(PATHS, "SH scripts 1")).toEqual(["scripts/10.sh"]);
  expect(filterPaths(PATHS, " ")).toEqual(PATHS);
});

it("opens small trees, the way to the chosen file, and no libraries", () => {
  expect(isOpenAtFirst("scripts", 5)).toBe(true);
  expect(isOpenAtFirst("scripts", 500)).toBe(false);
  expect(isOpenAtFirst("scripts", 500, "scripts/sub/x.py")).toBe(true);
  expect(isOpenAtFirst("_libraries/one", 5)).toBe(false);
  expect(isOpenAtFirst("_libraries/one", 5, "_libraries/one/a.yaml")).toBe(true);
});
