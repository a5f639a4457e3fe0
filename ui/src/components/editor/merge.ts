import { type Change, lineChanges } from "@/lib/line-diff";

/** Both edits of a text in one, or null where both changed the same lines otherwise or lines that touch. */
export function mergeTexts(base: string, mine: string, theirs: string): string | null {
  if (mine === theirs) return mine;
  const lines = base.split("\n");
  const [ours, others] = [mine.split("\n"), theirs.split("\n")];
  const marked = [
    ...lineChanges(lines, ours).map((change) => ({ change, text: ours.slice(change.start, change.end) })),
    ...lineChanges(lines, others).map((change) => ({ change, text: others.slice(change.start, change.end) })),
  ].sort((a, b) => a.change.from - b.change.from || a.change.to - b.change.to);
  const merged: string[] = [];
  let position = 0;
  let before: { change: Change; text: string[] } | undefined;
  for (const one of marked) {
    if (before && isSame(before, one)) continue;
    if (before && one.change.from <= before.change.to) return null;
    merged.push(...lines.slice(position, one.change.from), ...one.text);
    position = one.change.to;
    before = one;
  }
  return [...merged, ...lines.slice(position)].join("\n");
}

function isSame(a: { change: Change; text: string[] }, b: { change: Change; text: string[] }): boolean {
  return a.change.from === b.change.from && a.change.to === b.change.to && a.text.join("\n") === b.text.join("\n");
}
