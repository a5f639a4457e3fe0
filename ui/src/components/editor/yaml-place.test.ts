import { describe, expect, it } from "vitest";
import { yamlPlace } from "./yaml-place";

/** The place of the bar in a text. */
function at(text: string) {
  const place = yamlPlace(text.replace("|", ""), text.indexOf("|"));
  return place && { ...place, way: place.path.map(({ key }) => key).join("/") };
}

const FLOW = `tasks:
  hello:
    flow:
      one:
        type: script
        |
      two: {action: greet, depends_on: [one]}
triggers:
  nightly:
    type: scheduler
`;

describe("a place in YAML", () => {
  it("is a key by its depth, beside the keys before and behind it", () => {
    const place = at(FLOW.replace("        |", "        |\n        script: echo"));
    expect(place).toMatchObject({ way: "tasks/hello/flow/one", kind: "either", word: "", indent: 8 });
    expect(place?.siblings).toEqual({ type: "script", script: "echo" });
    expect(place?.path.at(-1)?.siblings).toHaveProperty("two");
  });

  it("is at the top of the file", () => {
    expect(at("act|")).toMatchObject({ way: "", word: "act", from: 0, indent: 0 });
    expect(at("tasks:\n  a:\n    flow: {}\n|")).toMatchObject({ way: "", siblings: { tasks: "" } });
  });

  it("is a value behind a colon", () => {
    expect(at("triggers:\n  nightly:\n    type: sche|")).toMatchObject({
      way: "triggers/nightly/type",
      kind: "value",
      word: "sche",
    });
    expect(at("tasks:\n  a:\n    mode: |")).toMatchObject({ way: "tasks/a/mode", kind: "value", word: "" });
  });

  it("is in an item of a list, whether that is indented or not", () => {
    expect(at("on_error:\n  - act|")).toMatchObject({ way: "on_error/0", kind: "either", word: "act" });
    expect(at("on_error:\n- action: x\n  in|")).toMatchObject({ way: "on_error/0", siblings: { action: "x" } });
    expect(at("on_error:\n- action: gre|")).toMatchObject({ way: "on_error/0/action", kind: "value" });
    expect(at("on_error:\n  - action: x\n  - |")).toMatchObject({ way: "on_error/0", siblings: {} });
  });

  it("is inside of brackets", () => {
    expect(at("tasks:\n  a:\n    flow:\n      one: {type: script, scr|}")).toMatchObject({
      way: "tasks/a/flow/one",
      kind: "key",
      word: "scr",
      siblings: { type: "script" },
    });
    expect(at("a:\n  one: {action: gr|, type: task}")).toMatchObject({
      way: "a/one/action",
      kind: "value",
      word: "gr",
    });
    expect(at("a:\n  one: {depends_on: [x, y|]}")).toMatchObject({ way: "a/one/depends_on/0", kind: "value" });
    expect(at("a: {b: {c: 1}, |}")).toMatchObject({ way: "a", kind: "key", word: "" });
    expect(at('a: {b: "x|"}')).toBeNull();
  });

  it("is none in comments and text blocks", () => {
    expect(at("tasks: # the ta|")).toBeNull();
    expect(at("a:\n  script: >-\n    echo |\n")).toBeNull();
    expect(at("a:\n  script: >-\n    echo\n  ty|\n")).toMatchObject({ way: "a", word: "ty" });
  });

  it("knows quoted keys and keys with dots", () => {
    expect(at('tasks:\n  "odd: name":\n    des|')).toMatchObject({ way: "tasks/odd: name" });
    expect(at("tasks:\n  a.b-c:\n    des|")).toMatchObject({ way: "tasks/a.b-c" });
  });
});
