import type { LogRecord } from "@/api/logs";
import { type AnsiSpan, type AnsiStyle, parseAnsi } from "./ansi";

/** Lines that are longer are cut until all of them is asked for, in characters. */
const LONGEST = 10_000;

/** A line as it is shown. */
export interface LogLine {
  at: number;
  stream: string;
  spans: AnsiSpan[];
  /** The text without colours. */
  plain: string;
  /** The number of characters that were left out. */
  cut: number;
  /** The name of the group that begins here. */
  group: string | null;
}

const GROUP = /^(?:::group::|##\[group\])(.*)$/;

/** The line of a record, and the style in which the next line begins. */
export function lineOf(record: LogRecord, start: AnsiStyle, longest = LONGEST): { line: LogLine; end: AnsiStyle } {
  const cut = Math.max(record.text.length - longest, 0);
  const text = (cut ? record.text.slice(0, longest) : record.text).replaceAll("\n", " ");
  const { spans, end } = parseAnsi(text, start);
  const plain = spans.map((span) => span.text).join("");
  const group = GROUP.exec(plain)?.[1]?.trim() ?? null;
  return { line: { at: record.at, stream: record.stream, spans, plain, cut, group }, end };
}
