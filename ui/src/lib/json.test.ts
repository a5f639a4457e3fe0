import { expect, test } from "vitest";
import { formatJson, parseJson } from "./json";

test("small values are read as usual", () => {
  expect(parseJson('{"a": [1, 2.5, "x", null]}')).toEqual({ a: [1, 2.5, "x", null] });
});

test("long whole numbers keep their digits", () => {
  const text = '{"id":9007199254740993,"text":"9007199254740993","share":0.1234567890123456}';
  const value = parseJson(text) as Record<string, unknown>;
  expect(value["id"]).toBe(9007199254740993n);
  expect(value["text"]).toBe("9007199254740993");
  expect(value["share"]).toBe(0.1234567890123456);
  expect(formatJson(value, 0)).toBe(text);
});
