import { type LogRecord, type LogSource, searchLog } from "@/api/logs";
import { lastWhere } from "./row-map";

const COLOURS = String.raw`^(?:\x1b\[[0-9;]*m)*`;
const START = String.raw`${COLOURS}(?:::group::|##\[group\])`;
const END = String.raw`${COLOURS}(?:::endgroup::|##\[endgroup\])`;
const HINTS = ["::group::", "##[group]"];
const PAGE = 10_000;
const PAGES = 5;

/** The lines of a log where groups begin and end, in order. */
export class GroupMarks {
  starts: readonly number[] = [];
  ends: readonly number[] = [];

  /** Takes in those among new lines of which the first has a number. */
  look(first: number, records: readonly LogRecord[]): void {
    const found = (pattern: RegExp) =>
      records.flatMap(({ text }, index) => (pattern.test(text) ? [first + index] : []));
    this.add(found(new RegExp(START)), found(new RegExp(END)));
  }

  add(starts: readonly number[], ends: readonly number[]): void {
    if (starts.length > 0) this.starts = merged(this.starts, starts);
    if (ends.length > 0) this.ends = merged(this.ends, ends);
  }
}

/** Has the server look for groups in the whole log. One without any costs two quick searches. */
export async function findGroupMarks(source: LogSource, marks: GroupMarks, signal: AbortSignal): Promise<void> {
  const hints = await Promise.all(HINTS.map((q) => searchLog(source, { q, case: true }, 0, 1, signal)));
  const places = hints.flatMap((hint) => (hint.stopped === "time" ? [hint.next] : hint.lines));
  if (places.length === 0) return;
  const from = Math.min(...places);
  const [starts, ends] = await Promise.all([START, END].map((pattern) => allOf(source, pattern, from, signal)));
  marks.add(starts ?? [], ends ?? []);
}

async function allOf(source: LogSource, pattern: string, from: number, signal: AbortSignal): Promise<number[]> {
  const lines: number[] = [];
  let after = from;
  for (let page = 0; page < PAGES; page += 1) {
    const hits = await searchLog(source, { q: pattern, regex: true, case: true }, after, PAGE, signal);
    lines.push(...hits.lines);
    if (hits.stopped === null) break;
    after = hits.next;
  }
  return lines;
}

function merged(known: readonly number[], added: readonly number[]): readonly number[] {
  const last = known.at(-1) ?? -1;
  if ((added[0] ?? 0) > last) return [...known, ...added];
  return [...new Set([...known, ...added])].sort((a, b) => a - b);
}

/** The first line of a list that is at or behind a line; of none, undefined. */
export function firstFrom(lines: readonly number[], line: number): number {
  return lastWhere(lines.length, (index) => (lines[index] ?? 0) < line) + 1;
}
