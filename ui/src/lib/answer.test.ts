import { expect, test } from "vitest";
import { inputOf } from "./answer";
import { defaultsOf, fieldsOf } from "./fields";

const FIELDS = { percent: { type: "integer", default: 100 }, note: { type: "text" }, sizes: { type: "array" } };

test("a form opens with its defaults", () => {
  expect(defaultsOf(fieldsOf(FIELDS))).toEqual({ percent: 100 });
});

test("the dots that stand for the default of a secret are not sent back as its value", () => {
  const fields = { pin: { type: "string", secret: true, default: "••••••" } };
  expect(inputOf(fields, defaultsOf(fieldsOf(fields)))).toEqual({});
});

test("numbers are sent as numbers, and what is empty is not sent", () => {
  expect(inputOf(FIELDS, { percent: "10", note: "", sizes: "[1, 2]" })).toEqual({ percent: 10, sizes: [1, 2] });
});

test("long numbers keep their digits", () => {
  expect(inputOf(FIELDS, { percent: "9007199254740993", sizes: "[9007199254740993]" })).toEqual({
    percent: 9007199254740993n,
    sizes: [9007199254740993n],
  });
});

test("what is no number is sent as it was typed, for the server to say so", () => {
  expect(inputOf(FIELDS, { percent: "ten" })).toEqual({ percent: "ten" });
});
