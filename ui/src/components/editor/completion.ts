import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { helpOf, isMapping, keysOf, type Schema, schemasAt, valuesOf } from "./schema-walk";
import { entriesOf } from "./yaml-entries";
import { type Level, yamlPlace } from "./yaml-place";

/** What a file may hold: its schema, and the names that the workspace defines, by kind. */
export interface Vocabulary {
  schema: Schema | undefined;
  names: Readonly<Record<string, readonly string[]>>;
}

const NAMED: Readonly<Record<string, readonly string[]>> = {
  action: ["action"],
  task: ["task"],
  limits: ["limit"],
  connection: ["connection"],
};

/** Keys, listed values and names of the workspace, for the place of the cursor in a YAML file. */
export function completions(context: CompletionContext, vocabulary: Vocabulary): CompletionResult | null {
  const text = context.state.doc.toString();
  const place = yamlPlace(text, context.pos);
  const { schema } = vocabulary;
  if (!place || !schema || (!context.explicit && place.word === "" && place.kind !== "value")) return null;
  const schemas = schemasAt(schema, place.path);
  const options: Completion[] = [];
  if (place.kind !== "value") {
    const after = context.state.sliceDoc(context.pos, context.state.doc.lineAt(context.pos).to);
    for (const [key, value] of keysOf(schema, schemas, place.siblings)) {
      const help = helpOf(schema, [value]);
      options.push({
        label: key,
        type: "property",
        detail: help.types,
        info: help.text || undefined,
        apply: key + (/^\s*:/.test(after) ? "" : endOfKey(isMapping(schema, [value]), place.indent)),
      });
    }
  }
  if (place.kind !== "key") {
    options.push(...valuesOf(schema, schemas).map((label) => ({ label, type: "enum" })));
    options.push(...namesAt(place.path, vocabulary, text).map((label) => ({ label, type: "constant" })));
  }
  return options.length > 0 ? { from: place.from, options, validFor: /^[\w.-]*$/ } : null;
}

/** The description of the key at a position of a YAML file, and where the key is. */
export function helpAt(text: string, position: number, schema: Schema) {
  const start = text.lastIndexOf("\n", position - 1) + 1;
  const [before, after] = [/[\w.-]*$/.exec(text.slice(start, position)), /^[\w.-]*/.exec(text.slice(position))];
  const [from, to] = [position - (before?.[0].length ?? 0), position + (after?.[0].length ?? 0)];
  if (from === to || !/^["']?\s*:/.test(text.slice(to))) return null;
  const place = yamlPlace(text, to);
  if (!place || place.kind === "value") return null;
  const key = text.slice(from, to);
  const known = schemasAt(schema, [...place.path, { key, siblings: place.siblings }]);
  const help = helpOf(schema, known);
  return known.length > 0 && (help.text || help.types) ? { from, to, key, ...help } : null;
}

/** Names for values whose key says what they are: actions, tasks, limits, and the other steps of a flow. */
function namesAt(path: readonly Level[], vocabulary: Vocabulary, text: string): string[] {
  const keys = path.filter(({ key }) => key !== 0);
  const last = keys.at(-1)?.key;
  if (last === "depends_on") {
    const step = keys.at(-2);
    return Object.keys(step?.siblings ?? {}).filter((name) => name !== step?.key);
  }
  const kinds = typeof last === "string" ? (NAMED[last] ?? []) : [];
  return [...new Set(kinds.flatMap((kind) => [...(vocabulary.names[kind] ?? []), ...namesIn(text, `${kind}s`)]))];
}

/** The names that a section of a text defines. */
function namesIn(text: string, section: string): string[] {
  const { entries } = entriesOf(text);
  const names: string[] = [];
  let depth: number | undefined;
  let isInside = false;
  for (const { indent, key } of entries) {
    if (indent === 0) {
      isInside = key === section;
      depth = undefined;
    } else if (isInside && key !== null) {
      depth ??= indent;
      if (indent === depth) names.push(key);
    }
  }
  return names;
}

function endOfKey(isBlock: boolean, indent: number | undefined): string {
  return isBlock && indent !== undefined ? `:\n${" ".repeat(indent + 2)}` : ": ";
}
