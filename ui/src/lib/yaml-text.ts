import { isObject } from "./json";

/** A value as the lines of YAML that one would write for it. */
export function yamlText(value: unknown): string {
  return linesOf(asWritten(value)).join("\n");
}

/** Conditions of dependencies stand in a key of their own; they are written as the map `depends_on`. */
function asWritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asWritten);
  if (!isObject(value)) return value;
  const { depends_on_conditions: conditions, ...rest } = value;
  const entries = Object.entries(rest).map(([key, inner]): [string, unknown] => [key, asWritten(inner)]);
  if (!isObject(conditions) || Object.keys(conditions).length === 0) return Object.fromEntries(entries);
  const before = Array.isArray(rest["depends_on"]) ? rest["depends_on"] : [];
  const names = [...new Set([...before.map(String), ...Object.keys(conditions)])];
  const dependencies = Object.fromEntries(names.map((name) => [name, conditions[name] ?? null]));
  return { ...Object.fromEntries(entries), depends_on: dependencies };
}

function linesOf(value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((inner) => linesOf(inner).map((line, index) => `${index ? "  " : "- "}${line}`));
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => entryLines(key, inner));
  return [scalar(value)];
}

function entryLines(key: string, value: unknown): string[] {
  if (typeof value === "string" && value.includes("\n"))
    return [
      `${key}: |`,
      ...value
        .trimEnd()
        .split("\n")
        .map((line) => `  ${line}`),
    ];
  const isFlat = Array.isArray(value) && value.every((inner) => inner === null || typeof inner !== "object");
  if (isFlat) return [`${key}: [${value.map(scalar).join(", ")}]`];
  const lines = linesOf(value);
  const isNested = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  return isNested ? [`${key}:`, ...lines.map((line) => `  ${line}`)] : [`${key}: ${lines[0]}`];
}

/** Texts that would be read as something else are in quotes. */
function scalar(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? "–";
  const isPlain =
    /^[A-Za-z_./][^#\n]*$/.test(value) && !/:(\s|$)/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value);
  return isPlain && value.trim() === value ? value : JSON.stringify(value);
}
