import { expect, test } from "vitest";
import { yamlText } from "./yaml-text";

test("a step is shown as it would be written", () => {
  const step = {
    type: "script",
    args: ["a", 2, "true"],
    script: "echo one\necho two\n",
    input: { version: "1.5", when: { hour: 3 } },
    env: {},
    items: [{ name: "x", on: true }, "y"],
  };
  expect(yamlText(step)).toBe(
    [
      "type: script",
      'args: [a, 2, "true"]',
      "script: |",
      "  echo one",
      "  echo two",
      "input:",
      '  version: "1.5"',
      "  when:",
      "    hour: 3",
      "env: {}",
      "items:",
      "  - name: x",
      "    on: true",
      "  - y",
    ].join("\n"),
  );
});

test("conditions of dependencies are written with them, and left out where there are none", () => {
  expect(yamlText({ depends_on: ["a", "b"], depends_on_conditions: { b: ["failed"] } })).toBe(
    "depends_on:\n  a: null\n  b: [failed]",
  );
  expect(yamlText({ depends_on: ["a"], depends_on_conditions: {} })).toBe("depends_on: [a]");
});
