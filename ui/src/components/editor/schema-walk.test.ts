import { describe, expect, it } from "vitest";
import { helpOf, isMapping, keysOf, type Schema, schemasAt, valuesOf } from "./schema-walk";
import { yamlPlace } from "./yaml-place";

const step = (kind: string, more: Record<string, unknown>) => ({
  if: { properties: { type: { const: kind } }, required: ["type"] },
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
  then: { properties: { type: { const: kind }, ...more }, additionalProperties: false },
});
const ROOT: Schema = {
  properties: { tasks: { type: "object", additionalProperties: { $ref: "#/$defs/Task" } } },
  $defs: {
    Task: {
      description: "A DAG of steps.",
      type: "object",
      properties: {
        mode: { enum: ["distributed", "local"], default: "distributed", description: "Where it runs." },
        secret: { type: "boolean" },
        flow: { type: "object", additionalProperties: { $ref: "#/$defs/Step" } },
        limits: { anyOf: [{ type: "string" }, { type: "array", items: { enum: ["a", "b"] } }] },
      },
    },
    Step: {
      properties: { type: { enum: ["script", "docker"] } },
      allOf: [
        step("script", { script: { type: "string" }, language: { enum: ["shell", "python"] } }),
        step("docker", { image: { type: "string" } }),
        // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
        { if: { not: { required: ["type"] } }, then: { properties: { action: { type: "string" } } } },
      ],
    },
  },
};

/** Keys and values that are offered at the bar. */
function offered(text: string) {
  const place = yamlPlace(text.replace("|", ""), text.indexOf("|"));
  const schemas = schemasAt(ROOT, place?.path ?? []);
  return { keys: [...keysOf(ROOT, schemas, place?.siblings ?? {}).keys()], values: valuesOf(ROOT, schemas) };
}

describe("a schema", () => {
  it("offers the keys of a place but those that are there", () => {
    expect(offered("|").keys).toEqual(["tasks"]);
    expect(offered("tasks:\n  a:\n    mode: local\n    |").keys).toEqual(["secret", "flow", "limits"]);
  });

  it("follows conditions by what is written beside the key", () => {
    const flow = "tasks:\n  a:\n    flow:\n      one:\n";
    expect(offered(`${flow}        type: script\n        |`).keys).toEqual(["script", "language"]);
    expect(offered(`${flow}        type: docker\n        |`).keys).toEqual(["image"]);
    expect(offered(`${flow}        |`).keys).toEqual(["type", "action"]);
    expect(offered(`${flow}        type: script\n        language: |`).values).toEqual(["shell", "python"]);
  });

  it("offers listed values, true and false, and those of items", () => {
    expect(offered("tasks:\n  a:\n    mode: |").values).toEqual(["distributed", "local"]);
    expect(offered("tasks:\n  a:\n    secret: |").values).toEqual(["true", "false"]);
    expect(offered("tasks:\n  a:\n    limits: [|]").values).toEqual(["a", "b"]);
    expect(offered("tasks:\n  a:\n    flow:\n      one:\n        type: |").values).toEqual(["script", "docker"]);
  });

  it("says what a value is", () => {
    const at = (text: string) => schemasAt(ROOT, yamlPlace(text, text.length)?.path ?? []);
    expect(helpOf(ROOT, at("tasks:\n  a:\n    mode: "))).toEqual({
      text: "Where it runs.",
      types: "",
      standard: '"distributed"',
    });
    expect(helpOf(ROOT, at("tasks:\n  a:\n    ")).text).toBe("A DAG of steps.");
    expect(isMapping(ROOT, at("tasks:\n  a:\n    flow: "))).toBe(true);
    expect(isMapping(ROOT, at("tasks:\n  a:\n    limits: "))).toBe(false);
  });
});
