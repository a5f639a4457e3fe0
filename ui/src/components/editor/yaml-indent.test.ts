import { expect, it } from "vitest";
import { indentBehind } from "./yaml-indent";

it("indents below keys without a value, block heads and items", () => {
  expect(indentBehind("tasks:")).toBe(2);
  expect(indentBehind("    flow: # steps")).toBe(6);
  expect(indentBehind("  mode: local")).toBe(2);
  expect(indentBehind("    script: |-")).toBe(6);
  expect(indentBehind("  - action: greet")).toBe(4);
  expect(indentBehind("  - input:")).toBe(6);
  expect(indentBehind("    echo a > b")).toBe(4);
});
