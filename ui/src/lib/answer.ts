import type { Schemas } from "@/api/client";

type ApprovalField = Schemas["TaskField"];

/** What is typed into a form, by the names of its fields. */
export type Draft = Record<string, unknown>;

/** The form as it is when it opens: the defaults of its fields. */
export function firstDraft(fields: Record<string, ApprovalField>): Draft {
  const given = Object.entries(fields).filter(([, field]) => field.default !== undefined && field.default !== null);
  return Object.fromEntries(given.map(([name, field]) => [name, field.default]));
}

/** The fields in the order of their form. */
export function inOrder(fields: Record<string, ApprovalField>): [string, ApprovalField][] {
  return Object.entries(fields).sort(([, a], [, b]) => (a.order ?? 0) - (b.order ?? 0));
}

/** The values as the API takes them: numbers as numbers, what is empty left out. What is no number is sent as typed. */
export function inputOf(fields: Record<string, ApprovalField>, draft: Draft): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = draft[name];
    if (value === undefined || value === "") continue;
    input[name] = typeof value === "string" ? typed(field.type, value) : value;
  }
  return input;
}

function typed(type: string, text: string): unknown {
  if (type === "integer" || type === "number") return Number.isNaN(Number(text)) ? text : Number(text);
  if (type === "datetime") return Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString();
  if (type !== "json" && type !== "object" && type !== "array" && type !== "list") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
