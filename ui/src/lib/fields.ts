import type { Schemas } from "@/api/client";
import { plainText } from "./json";

type Field = Schemas["TaskField"];

export type Fields = readonly (readonly [name: string, field: Field])[];

/** The fields of a form in their order, those without one last. */
export function fieldsOf(fields: Readonly<Record<string, Field>>): Fields {
  const order = (field: Field) => field.order ?? Number.MAX_SAFE_INTEGER;
  return Object.entries(fields).sort(([, a], [, b]) => order(a) - order(b));
}

/** The values that an untouched form has: the defaults, without secrets and templates, which the server fills in. */
export function defaultsOf(fields: Fields): Record<string, unknown> {
  const given = fields.filter(([, field]) => isShown(field));
  return Object.fromEntries(given.map(([name, field]) => [name, field.default]));
}

/** The value of a typed text: a number where the digits stay the same, else the text, of which the server says more. */
export function typedValue(type: string, text: string): unknown {
  if (type !== "integer" && type !== "number") return text;
  if (/^-?\d+$/.test(text)) {
    const whole = Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
    return String(whole) === text ? whole : text;
  }
  return text !== "" && String(Number(text)) === text && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** A value as the text of a field. */
export function textOf(value: unknown): string {
  return value === undefined || value === null ? "" : plainText(value);
}

function isShown(field: Field): boolean {
  const { default: value } = field;
  return value !== undefined && value !== null && !field.secret && !textOf(value).includes("{{");
}
