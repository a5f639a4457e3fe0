import { isObject } from "@/lib/json";
import type { Level } from "./yaml-place";

/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;
type Scalars = Readonly<Record<string, string>>;

const DEPTH = 12;

/** The schemas that a value at the end of a way may have. Conditions are decided by the scalars beside each key. */
export function schemasAt(root: Schema, path: readonly Level[]): Schema[] {
  let found: Schema[] = [root];
  for (const { key, siblings } of path)
    found = found.flatMap((schema) => expanded(root, schema, siblings)).flatMap((schema) => below(schema, key));
  return found;
}

/** The keys that a mapping may have, with their schemas; those it has already are left out. */
export function keysOf(root: Schema, schemas: readonly Schema[], siblings: Scalars): Map<string, Schema> {
  const keys = new Map<string, Schema>();
  for (const schema of schemas.flatMap((one) => expanded(root, one, siblings)))
    for (const [key, value] of Object.entries(objectOf(schema["properties"])))
      if (!(key in siblings) && isObject(value) && !keys.has(key)) keys.set(key, value);
  return keys;
}

/** The values that a schema lists. */
export function valuesOf(root: Schema, schemas: readonly Schema[]): string[] {
  const values = schemas
    .flatMap((one) => expanded(root, one, {}))
    .flatMap((schema) => {
      if (Array.isArray(schema["enum"])) return schema["enum"];
      if ("const" in schema) return [schema["const"]];
      return typesOf(schema).includes("boolean") && typesOf(schema).length === 1 ? [true, false] : [];
    });
  return [...new Set(values.filter((value) => value !== null).map(String))];
}

/** What a schema says of itself: its description, the types and values it has, its default. */
export function helpOf(root: Schema, schemas: readonly Schema[]): { text: string; types: string; standard?: string } {
  const all = schemas.flatMap((one) => expanded(root, one, {}));
  const text = all.map((schema) => schema["description"]).find((one) => typeof one === "string");
  const types = [...new Set(all.flatMap(typesOf))].filter((type) => type !== "null");
  const standard = all.map((schema) => schema["default"]).find((one) => one !== undefined && one !== null);
  return {
    text: typeof text === "string" ? text : "",
    types: types.join(" or "),
    standard: standard === undefined ? undefined : JSON.stringify(standard),
  };
}

/** Whether values of these schemas are mappings and nothing else. */
export function isMapping(root: Schema, schemas: readonly Schema[]): boolean {
  const types = schemas.flatMap((one) => expanded(root, one, {})).flatMap(typesOf);
  return types.length > 0 && types.every((type) => type === "object" || type === "null");
}

/** A schema with all that it refers to and that its conditions add. */
function expanded(root: Schema, schema: Schema, scalars: Scalars, depth = 0): Schema[] {
  if (depth > DEPTH || contradicts(schema, scalars)) return [];
  const more = (one: unknown) => (isObject(one) ? expanded(root, one, scalars, depth + 1) : []);
  const found: Schema[] = [schema];
  if (typeof schema["$ref"] === "string") found.push(...more(referred(root, schema["$ref"])));
  for (const word of ["allOf", "anyOf", "oneOf"])
    if (Array.isArray(schema[word])) found.push(...schema[word].flatMap(more));
  if (isObject(schema["if"])) found.push(...more(schema[holds(schema["if"], scalars) ? "then" : "else"]));
  return found;
}

function below(schema: Schema, key: string | 0): Schema[] {
  const one = (value: unknown) => (isObject(value) ? [value] : []);
  if (key === 0) return one(schema["items"]);
  const named = objectOf(schema["properties"])[key];
  return isObject(named) ? [named] : one(schema["additionalProperties"]);
}

/** Whether a property that must be one value is another one. */
function contradicts(schema: Schema, scalars: Scalars): boolean {
  return Object.entries(objectOf(schema["properties"])).some(([key, value]) => {
    const written = scalars[key];
    return isObject(value) && "const" in value && !!written && written !== String(value["const"]);
  });
}

function holds(condition: Schema, scalars: Scalars): boolean {
  if (isObject(condition["not"]) && holds(condition["not"], scalars)) return false;
  const required = Array.isArray(condition["required"]) ? condition["required"] : [];
  if (!required.every((key) => String(key) in scalars)) return false;
  return Object.entries(objectOf(condition["properties"])).every(([key, value]) => {
    const written = scalars[key];
    if (written === undefined || !isObject(value)) return true;
    if ("const" in value) return written === String(value["const"]);
    return !Array.isArray(value["enum"]) || value["enum"].map(String).includes(written);
  });
}

function referred(root: Schema, reference: string): unknown {
  let value: unknown = root;
  for (const part of reference.replace(/^#\//, "").split("/")) value = objectOf(value)[part];
  return value;
}

function typesOf(schema: Schema): string[] {
  return [schema["type"]].flat().filter((type) => typeof type === "string");
}

function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
