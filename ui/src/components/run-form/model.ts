import type { Input, TaskField } from "@/api/task";
import { defaultsOf, type Fields, textOf } from "@/lib/fields";
import { formatJson } from "@/lib/json";
import { counted } from "@/lib/number";

/** What the API shows in the place of a secret; given back with the job it is of, it stands for that job's value. */
export const DOTS = "••••••";
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
  const secret = secretsOf(fields);
  return Object.fromEntries(Object.entries(input).filter(([name, value]) => !secret.has(name) || value === DOTS));
}

/** Whether some value stands for that of an earlier job. */
export function hasDots(input: Input): boolean {
  return formatJson(input, 0).includes(DOTS);
}

/** The command that starts the same job. Secrets and what stands for them are left out. */
export function commandOf(workspace: string, task: string, fields: Fields, input: Input): string {
  const secret = secretsOf(fields);
  const shown = Object.entries(input).filter(([name, value]) => !secret.has(name) && !textOf(value).includes(DOTS));
  const given = shown.length ? ` --input ${quoted(formatJson(Object.fromEntries(shown), 0))}` : "";
  return `stroem trigger start ${quoted(task)} -w ${quoted(workspace)}${given}`;
}

function secretsOf(fields: Fields): Set<string> {
  return new Set(fields.filter(([, field]) => field.secret).map(([name]) => name));
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
