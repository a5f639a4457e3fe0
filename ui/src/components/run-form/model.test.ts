import { expect, test } from "vitest";
import type { TaskField } from "@/api/task";
import { defaultsOf, fieldsOf, textOf, typedValue } from "@/lib/fields";
import { parseJson } from "@/lib/json";
import { changed, commandOf, copiedWords, limitsOf, linkOf, remarkOf, withoutSecrets } from "./model";

const field = (rest: Partial<TaskField>): TaskField => ({ type: "string", ...rest });

test("fields stand in their order, those without one last", () => {
  const fields = fieldsOf({ a: field({}), b: field({ order: 2 }), c: field({ order: 1 }) });
  expect(fields.map(([name]) => name)).toEqual(["c", "b", "a"]);
});

test("defaults fill the form, without secrets and templates", () => {
  const input = {
    plain: field({ default: "x" }),
    no: field({ type: "boolean", default: false }),
    pin: field({ secret: true, default: "1234" }),
    made: field({ default: "{{ secret.token }}" }),
    none: field({}),
  };
  expect(defaultsOf(fieldsOf(input))).toEqual({ plain: "x", no: false });
});

test("long whole numbers keep their digits from the text to the text", () => {
  const value = typedValue("integer", "9223372036854775807");
  expect(value).toBe(9223372036854775807n);
  expect(textOf(value)).toBe("9223372036854775807");
  expect(textOf(parseJson("9223372036854775807"))).toBe("9223372036854775807");
});

test("what is typed is never changed", () => {
  for (const text of ["1.", "1.0", "-", "007", "1e3", "x", "0.1", "12"])
    expect(textOf(typedValue("number", text))).toBe(text);
  expect(typedValue("number", "0.5")).toBe(0.5);
  expect(typedValue("string", "12")).toBe("12");
});

test("a cleared field has no value", () => {
  expect(changed({ a: 1, b: 2 }, "a", "")).toEqual({ b: 2 });
  expect(changed({ a: 1 }, "a", false)).toEqual({ a: false });
});

test("limits and remarks are told in words", () => {
  expect(limitsOf(field({ type: "integer", min: 1, max: 100 }))).toBe("1 to 100");
  expect(limitsOf(field({ min_length: 4 }))).toBe("at least 4 characters");
  expect(limitsOf(field({ multiple: true, max_items: 3 }))).toBe("at most 3 values");
  expect(remarkOf(field({ secret: true }))).toBe("secret, optional");
  expect(remarkOf(field({ type: "postgres", default: "main" }))).toBe("connection, postgres");
});

test("secrets stand neither in links nor in commands", () => {
  const fields = fieldsOf({ pin: field({ secret: true }), name: field({}) });
  const input = { pin: "1234", name: "it's" };
  expect(withoutSecrets(fields, input)).toEqual({ name: "it's" });
  expect(commandOf("main", "hello", fields, input)).toBe(
    `stroem trigger start hello -w main --input '{"name":"it'\\''s"}'`,
  );
});

test("a connection given as values stands neither in links nor in commands", () => {
  const fields = fieldsOf({ db: field({ type: "database", name: "Database" }), other: field({ type: "database" }) });
  const input = { db: { host: "a", password: "hidden" }, other: "main" };
  expect(withoutSecrets(fields, input)).toEqual({ other: "main" });
  expect(commandOf("main", "hello", fields, input)).toBe(
    `stroem trigger start hello -w main --input '{"other":"main"}'`,
  );
  expect(linkOf("/tasks/main/hello", fields, input, undefined)).not.toContain("hidden");
  expect(copiedWords("The link", fields, input)).toBe("The link is copied. Left out, for secrets: Database.");
  expect(copiedWords("The link", fields, { other: "main" })).toBe("The link is copied.");
  const many = fieldsOf({ dbs: field({ type: "database", multiple: true }) });
  expect(withoutSecrets(many, { dbs: ["main", { password: "hidden" }] })).toEqual({});
});

test("a link that servers would refuse is none", () => {
  const fields = fieldsOf({ notes: field({ type: "text" }) });
  expect(linkOf("/tasks/main/hello", fields, { notes: "x".repeat(7_900) }, undefined)).toHaveLength(7_959);
  expect(linkOf("/tasks/main/hello", fields, { notes: "x".repeat(7_942) }, undefined)).toBeUndefined();
  expect(linkOf("/tasks/main/hello", fields, { notes: "å".repeat(1_400) }, undefined)).toBeUndefined();
});
