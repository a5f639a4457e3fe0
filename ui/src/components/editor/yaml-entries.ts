/** A key with its scalar, or with a null key the mark of an item, at its line (from 0) and depth. */
export interface YamlEntry {
  line: number;
  indent: number;
  key: string | null;
  value: string;
}

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:{}[\],&*!|>%@`"'-][^#]*?|-[^\s#][^#]*?):(?:\s+(.*))?$/;
const BLOCK = /^(?:[&!]\S+\s+)*[|>][-+0-9]*$/;

/** The keys and items of a YAML text as its lines have them, and the lines that are in text blocks. */
export function entriesOf(text: string): { entries: YamlEntry[]; blocks: ReadonlySet<number> } {
  const entries: YamlEntry[] = [];
  const blocks = new Set<number>();
  let block = -1;
  for (const [line, written] of text.split("\n").entries()) {
    const depth = written.length - written.trimStart().length;
    if (block >= 0 && (written.trim() === "" || depth > block)) {
      blocks.add(line);
      continue;
    }
    block = -1;
    if (written.trim() === "" || written.trimStart().startsWith("#")) continue;
    let [indent, rest] = [depth, written.slice(depth)];
    for (let mark = /^-(?:\s+|$)/.exec(rest); mark; mark = /^-(?:\s+|$)/.exec(rest)) {
      entries.push({ line, indent, key: null, value: "" });
      indent += mark[0].length;
      rest = rest.slice(mark[0].length);
    }
    const found = KEY.exec(rest);
    const value = (found ? (found[2] ?? "") : rest).replace(/(^|\s)#.*$/, "").trim();
    if (found?.[1]) entries.push({ line, indent, key: unquoted(found[1].trim()), value: unquoted(value) });
    if (BLOCK.test(value)) block = entries.at(-1)?.indent ?? depth;
  }
  return { entries, blocks };
}

function unquoted(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : text;
}
