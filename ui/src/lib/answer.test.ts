import { expect, test } from "vitest";
import { firstDraft, inputOf } from "./answer";

const FIELDS = { percent: { type: "integer", default: 100 }, note: { type: "text" }, sizes: { type: "array" } };

test("a form opens with its defaults", () => {
  expect(firstDraft(FIELDS)).toEqual({ percent: 100 });
});

test("numbers are sent as numbers, and what is empty is not sent", () => {
  expect(inputOf(FIELDS, { percent: "10", note: "", sizes: "[1, 2]" })).toEqual({ percent: 10, sizes: [1, 2] });
});

test("what is no number is sent as it was typed, for the server to say so", () => {
  expect(inputOf(FIELDS, { percent: "ten" })).toEqual({ percent: "ten" });
});
