import type { Schemas } from "@/api/client";
import { typedValue } from "./fields";
import { parseJson } from "./json";

/** What is typed into a form, by the names of its fields. */
export type Draft = Record<string, unknown>;

const JSON_TYPES = ["json", "object", "array", "list"];

/** The values as the API takes them: numbers as numbers, what is empty left out. What is no number is sent as typed. */
export function inputOf(fields: Record<string, Schemas["TaskField"]>, draft: Draft): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = draft[name];
    if (value === undefined || value === "") continue;
    input[name] = typeof value === "string" ? typed(field.type, value) : value;
  }
  return input;
}

function typed(type: string, text: string): unknown {
  if (type === "datetime") return Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString();
  if (!JSON_TYPES.includes(type)) return typedValue(type, text);
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
