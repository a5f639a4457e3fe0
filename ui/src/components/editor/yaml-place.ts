import { entriesOf, type YamlEntry } from "./yaml-entries";
import { flowPlace } from "./yaml-flow";

/** A key on the way to a place, or 0 for an item of a list, with the scalars of the mapping that has the key. */
export interface Level {
  key: string | 0;
  siblings: Readonly<Record<string, string>>;
}

/** A place in a YAML text. */
export interface YamlPlace {
  /** The way to the mapping whose key is written, or to the value that is. */
  path: readonly Level[];
  /** What is written here; at the beginning of an item or a line it may be either. */
  kind: "key" | "value" | "either";
  /** The other keys of the mapping, with their scalars. */
  siblings: Readonly<Record<string, string>>;
  /** Where the written word begins, and the word up to the place. */
  from: number;
  word: string;
  /** Blanks before the key, for lines below it; undefined inside of brackets. */
  indent?: number;
}

/** Where a position of a text is in its YAML; null in comments and text blocks. */
export function yamlPlace(text: string, position: number): YamlPlace | null {
  const start = text.lastIndexOf("\n", position - 1) + 1;
  const end = text.indexOf("\n", position);
  const before = text.slice(start, position);
  const whole = text.slice(start, end < 0 ? text.length : end);
  const number = text.slice(0, start).split("\n").length - 1;
  const { entries, blocks } = entriesOf(text);
  if (blocks.has(number) || isComment(before)) return null;
  const [marks = ""] = /^\s*(?:- +)*/.exec(before) ?? [];
  const isItem = marks.includes("-");
  const rest = before.slice(marks.length);
  const indent = marks.length;
  const others = entries.filter((entry) => entry.line !== number || entry.indent < indent);
  const here = placeIn(others, number, indent, isItem);
  const key = /^("[^"]*"|'[^']*'|[^\s:#{}[\],][^:#]*?):\s+(.*)$/s.exec(rest);
  const value = key ? (key[2] ?? "") : rest;
  const path = key ? [...here.path, { key: unquoted(key[1] ?? ""), siblings: here.siblings }] : here.path;
  if (/^[{[]/.test(value)) return flowPlace(value, path, position, whole.slice(before.length));
  if (key) return { path, kind: "value", siblings: {}, from: position - value.length, word: value };
  if (/^[|>&*!"'%@`]/.test(rest)) return null;
  return { path, kind: "either", siblings: here.siblings, from: position - rest.length, word: rest, indent };
}

/** The way to a mapping by its depth, and the keys that it has. */
function placeIn(entries: readonly YamlEntry[], line: number, indent: number, isItem: boolean) {
  const path: Level[] = [];
  const inItem = isItem || entries.some((entry) => entry.line === line && entry.key === null);
  const siblings = siblingsAt(entries, line, indent);
  let [depth, isList] = [indent, false];
  const above = entries.filter((entry) => entry.line < line || (inItem && entry.line === line)).reverse();
  for (const entry of above) {
    const isParent = entry.indent < depth || (isList && entry.key !== null && entry.indent === depth && !entry.value);
    if (!isParent) continue;
    path.unshift(
      entry.key === null
        ? { key: 0, siblings: {} }
        : { key: entry.key, siblings: siblingsAt(entries, entry.line, entry.indent) },
    );
    [depth, isList] = [entry.indent, entry.key === null];
  }
  return { path, siblings };
}

/** The scalars of the mapping that has keys at this depth around a line. */
function siblingsAt(entries: readonly YamlEntry[], line: number, indent: number): Record<string, string> {
  const found: Record<string, string> = {};
  const isOutside = (entry: YamlEntry) => entry.indent < indent;
  const index = entries.findIndex((entry) => entry.line >= line);
  const middle = index < 0 ? entries.length : index;
  for (let at = middle - 1; at >= 0; at--) {
    const entry = entries[at];
    if (!entry || isOutside(entry)) break;
    if (entry.indent === indent && entry.key !== null) found[entry.key] = entry.value;
  }
  for (let at = middle; at < entries.length; at++) {
    const entry = entries[at];
    if (!entry || (isOutside(entry) && entry.line > line)) break;
    if (entry.indent === indent && entry.key !== null) found[entry.key] = entry.value;
  }
  return found;
}

function isComment(before: string): boolean {
  const plain = before.replaceAll(/"[^"]*"|'[^']*'/g, "");
  return /(^|\s)#/.test(plain);
}

function unquoted(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : text;
}
