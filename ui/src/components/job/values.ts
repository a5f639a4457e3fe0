import { hasDots } from "@/lib/dots";
import { formatJson, isObject, visibleText } from "@/lib/json";

/** An input in one line: `since=2026-11-25 sizes=[3]`. */
export function inShort(input: unknown): string {
  if (!isObject(input)) return input == null ? "–" : formatJson(input, 0);
  const entries = Object.entries(input);
  if (entries.length === 0) return "none";
  return entries.map(([key, value]) => `${key}=${shortValue(value)}`).join(" ");
}

/** A value in a few characters: lists and objects by their size. */
export function shortValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length}]`;
  if (isObject(value)) return `{${Object.keys(value).length}}`;
  if (typeof value === "string") return value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return formatJson(value, 0);
}

/** The value of an item of a loop in one line: `eu-west`, or `os=linux python=3.12` for an object. */
export function itemWords(value: unknown): string {
  if (value == null) return "";
  return visibleText(isObject(value) ? inShort(value) : shortValue(value));
}

/** The input of a job to be changed: what it was given, and the plain values of the other fields, their defaults. */
export function inputToChange(raw: unknown, whole: unknown): Record<string, unknown> {
  const given = isObject(raw) ? raw : {};
  const others = Object.entries(isObject(whole) ? whole : {}).filter(
    ([key, value]) => !(key in given) && value !== null && !hasDots(value) && !isObject(value),
  );
  return { ...Object.fromEntries(others), ...given };
}

/** Values that differ between two objects, by their paths: `input.day`. Lists are compared as a whole. */
export function differences(
  left: unknown,
  right: unknown,
  path = "",
): { path: string; left: unknown; right: unknown }[] {
  if (isObject(left) && isObject(right)) {
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap((key) => differences(left[key], right[key], path ? `${path}.${key}` : key));
  }
  return formatJson(left, 0) === formatJson(right, 0) ? [] : [{ path, left, right }];
}
