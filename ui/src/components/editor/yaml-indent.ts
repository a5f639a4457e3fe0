import { indentService } from "@codemirror/language";

/** How far a line of YAML is indented, from the one before it: deeper behind a key without a value or a block's head. */
export function indentBehind(line: string): number {
  const [marks = ""] = /^\s*(?:- +)*/.exec(line) ?? [];
  return marks.length + (/(?::|(?:^|[\s:-])[|>][-+0-9]*)\s*(?:#.*)?$/.test(line) ? 2 : 0);
}

/** Indents new lines of YAML. */
export const yamlIndent = indentService.of((context, position) => {
  const line = context.lineAt(position, -1).text;
  return line.trim() === "" ? line.length : indentBehind(line);
});
