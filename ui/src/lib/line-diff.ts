import { commonLengths } from "./common-lengths";

/** Lines `from` to before `to` of the old text that became lines `start` to before `end` of the new one. */
export interface Change {
  from: number;
  to: number;
  start: number;
  end: number;
}

const MOST_CELLS = 4_000_000;
const CONTEXT = 3;

/** The changes between two lists of lines, in order. Large parts that differ are one change. */
export function lineChanges(old: readonly string[], now: readonly string[]): Change[] {
  let head = 0;
  while (head < Math.min(old.length, now.length) && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const a = old.slice(head, old.length - tail);
  const b = now.slice(head, now.length - tail);
  if (a.length === 0 && b.length === 0) return [];
  const whole = { from: head, to: head + a.length, start: head, end: head + b.length };
  if (a.length * b.length > MOST_CELLS) return [whole];
  const at = commonLengths(a, b);
  const changes: Change[] = [];
  let open: Change | undefined;
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      open = undefined;
      i++;
      j++;
      continue;
    }
    if (!open) {
      open = { from: head + i, to: head + i, start: head + j, end: head + j };
      changes.push(open);
    }
    if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) open.to = head + ++i;
    else open.end = head + ++j;
  }
  return changes;
}

/** The lines of a unified diff from one text to another, without the heads of files. */
export function unifiedLines(old: string, now: string): string[] {
  const [a, b] = [old.split("\n"), now.split("\n")];
  const groups: Change[][] = [];
  for (const change of lineChanges(a, b)) {
    const last = groups.at(-1)?.at(-1);
    if (last && change.from - last.to <= 2 * CONTEXT) groups.at(-1)?.push(change);
    else groups.push([change]);
  }
  return groups.flatMap((group) => hunk(a, b, group));
}

function hunk(a: readonly string[], b: readonly string[], group: readonly Change[]): string[] {
  const [first, last] = [group[0], group.at(-1)];
  if (!first || !last) return [];
  const from = Math.max(first.from - CONTEXT, 0);
  const to = Math.min(last.to + CONTEXT, a.length);
  const lines = [`@@ -${from + 1} +${first.start - (first.from - from) + 1} @@`];
  let position = from;
  for (const change of group) {
    lines.push(...a.slice(position, change.from).map((line) => ` ${line}`));
    lines.push(...a.slice(change.from, change.to).map((line) => `-${line}`));
    lines.push(...b.slice(change.start, change.end).map((line) => `+${line}`));
    position = change.to;
  }
  return [...lines, ...a.slice(position, to).map((line) => ` ${line}`)];
}
