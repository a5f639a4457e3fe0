import type { Input, TaskField } from "@/api/task";
import { DOTS, hasDots } from "@/lib/dots";
import { defaultsOf, type Fields, textOf } from "@/lib/fields";
import { formatJson, isObject } from "@/lib/json";
import { counted } from "@/lib/number";

/** Bytes of a path and its query that every server between here and the API takes. */
const LONGEST_LINK = 8000;
const PRIMITIVE = ["string", "text", "integer", "number", "boolean", "date", "datetime"];

/** Whether the field takes a connection: by its name or its properties. */
export function isConnection(field: TaskField): boolean {
  return !PRIMITIVE.includes(field.type);
}

/** The form filled with given values; defaults stand where none is given. */
export function filled(fields: Fields, values: Input | undefined): Input {
  return { ...defaultsOf(fields), ...values };
}

/** The form after a field was changed. A cleared field has no value, and then its default holds. */
export function changed(input: Input, name: string, value: unknown): Input {
  if (value !== undefined && value !== "") return { ...input, [name]: value };
  const { [name]: _cleared, ...rest } = input;
  return rest;
}

/** Limits of a field in words: `1 to 100`, `3 to 80 characters`. */
export function limitsOf(field: TaskField): string {
  const words = [
    span(field.min, field.max, ""),
    span(field.min_length, field.max_length, "characters"),
    field.pattern ? `like ${field.pattern}` : "",
    field.multiple ? span(field.min_items, field.max_items, "values") : "",
  ];
  return words.filter(Boolean).join(", ");
}

/** Grey words behind the label. */
export function remarkOf(field: TaskField): string {
  const words = [
    field.secret ? "secret" : "",
    isConnection(field) ? `connection, ${field.type}` : "",
    field.required || field.type === "boolean" || field.default != null ? "" : "optional",
  ];
  return words.filter(Boolean).join(", ");
}

/** The values without secrets, for links, which must not hold any. Dots may stay: they tell nothing. */
export function withoutSecrets(fields: Fields, input: Input): Input {
  const secret = secretsOf(fields, input);
  return Object.fromEntries(Object.entries(input).filter(([name, value]) => !secret.has(name) || value === DOTS));
}

/** The address that fills in the form at a path; undefined when servers would refuse it for its length. */
export function linkOf(path: string, fields: Fields, input: Input, source: string | undefined): string | undefined {
  const shown = withoutSecrets(fields, input);
  const from = source && hasDots(shown) ? `&from=${source}` : "";
  const link = `${path}?run=true&input=${encodeURIComponent(formatJson(shown, 0))}${from}`;
  return link.length > LONGEST_LINK ? undefined : link;
}

/** Words that tell what was copied, and which values of the form are not in it. */
export function copiedWords(what: string, fields: Fields, input: Input): string {
  const shown = withoutSecrets(fields, input);
  const left = fields.filter(([name]) => name in input && !(name in shown)).map(([name, field]) => field.name ?? name);
  return left.length ? `${what} is copied. Left out, for secrets: ${left.join(", ")}.` : `${what} is copied.`;
}

/** The command that starts the same job. Secrets and what stands for them are left out. */
export function commandOf(workspace: string, task: string, fields: Fields, input: Input): string {
  const secret = secretsOf(fields, input);
  const shown = Object.entries(input).filter(([name, value]) => !secret.has(name) && !textOf(value).includes(DOTS));
  const given = shown.length ? ` --input ${quoted(formatJson(Object.fromEntries(shown), 0))}` : "";
  return `stroem trigger start ${quoted(task)} -w ${quoted(workspace)}${given}`;
}

/** The fields whose values may tell a secret; of the values of a connection the form does not know which ones do. */
function secretsOf(fields: Fields, input: Input): Set<string> {
  const isSecret = (name: string, field: TaskField) =>
    field.secret || (isConnection(field) && [input[name]].flat().some(isObject));
  return new Set(fields.filter(([name, field]) => isSecret(name, field)).map(([name]) => name));
}

function quoted(text: string): string {
  return /^[\w./@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function span(min: unknown, max: unknown, unit: string): string {
  const [low, high] = [textOf(min), textOf(max)];
  if (unit && low && low === high) return counted(Number(low), unit.replace(/s$/, ""));
  const words = low && high ? `${low} to ${high}` : low ? `at least ${low}` : high ? `at most ${high}` : "";
  return words && unit ? `${words} ${unit}` : words;
}
