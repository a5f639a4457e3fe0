import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { completions, helpAt, type Vocabulary } from "./completion";

const VOCABULARY: Vocabulary = {
  schema: {
    properties: {
      actions: { type: "object", additionalProperties: {} },
      tasks: {
        type: "object",
        additionalProperties: {
          properties: {
            flow: { type: "object", additionalProperties: { $ref: "#/$defs/Step" } },
            mode: { description: "Where it runs.", enum: ["distributed", "local"] },
          },
        },
      },
    },
    $defs: { Step: { properties: { action: { type: "string" }, depends_on: { type: "array", items: {} } } } },
  },
  names: { action: ["build", "greet"] },
};

function offered(text: string, explicit = false) {
  const state = EditorState.create({ doc: text.replace("|", "") });
  const found = completions(new CompletionContext(state, text.indexOf("|"), explicit), VOCABULARY);
  return found && { from: found.from, texts: found.options.map(({ label, apply }) => apply ?? label) };
}

describe("completions", () => {
  it("write keys with what follows them", () => {
    expect(offered("ta|")).toEqual({ from: 0, texts: ["actions:\n  ", "tasks:\n  "] });
    expect(offered("tasks:\n  a:\n    m|")?.texts).toEqual(["flow:\n      ", "mode: "]);
    expect(offered("tasks:\n  a: {m|}")?.texts).toEqual(["flow: ", "mode: "]);
    expect(offered("tasks:\n  a:\n    m|: local")?.texts).toContain("mode");
  });

  it("come unasked for values, and for keys once one is begun", () => {
    expect(offered("tasks:\n  a:\n    |")).toBeNull();
    expect(offered("tasks:\n  a:\n    |", true)?.texts).toHaveLength(2);
    expect(offered("tasks:\n  a:\n    mode: |")?.texts).toEqual(["distributed", "local"]);
  });

  it("name the actions of the workspace and of this file, and the other steps", () => {
    const text = "actions:\n  own: {type: script}\ntasks:\n  a:\n    flow:\n      one: {action: own}\n      two: {";
    expect(offered(`${text}action: |}`)?.texts).toEqual(["build", "greet", "own"]);
    expect(offered(`${text}depends_on: [|]}`)?.texts).toEqual(["one"]);
  });
});

it("helps with the key that is pointed at", () => {
  const text = "tasks:\n  a:\n    mode: local\n";
  expect(helpAt(text, text.indexOf("ode"), VOCABULARY.schema ?? {})).toMatchObject({
    from: text.indexOf("mode"),
    key: "mode",
    text: "Where it runs.",
  });
  expect(helpAt(text, text.indexOf("local") + 1, VOCABULARY.schema ?? {})).toBeNull();
});
