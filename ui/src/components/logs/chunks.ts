import type { LogRecord } from "@/api/logs";
import { type AnsiStyle, PLAIN } from "./ansi";
import { type LogLine, lineOf } from "./line";

export const CHUNK_LINES = 500;
const MOST_CHUNKS = 80;
const MOST_CHARACTERS = 24_000_000;

interface Chunk {
  records: LogRecord[];
  characters: number;
  /** The lines as they are shown, made at the first use; and the style in which the first one began. */
  lines: LogLine[] | null;
  start: AnsiStyle;
}

/** The lines of a log that are in memory: chunks of 500, those that were not used for longest leave first. */
export class LogChunks {
  total = 0;
  private readonly chunks = new Map<number, Chunk>();
  /** Styles in which known chunks end. They stay when chunks leave. */
  private readonly ends = new Map<number, AnsiStyle>();
  private characters = 0;

  /** Takes in the lines of a chunk, without those behind the end. */
  put(index: number, lines: LogRecord[]): void {
    this.drop(index);
    const records = lines.slice(0, Math.max(this.total - index * CHUNK_LINES, 0));
    if (records.length === 0) return;
    const chunk = { records, characters: lengthOf(records), lines: null, start: PLAIN };
    this.chunks.set(index, chunk);
    this.characters += chunk.characters;
    this.shrink();
  }

  /** Adds lines behind the end. Those of a chunk that is not in memory are only counted. */
  append(records: LogRecord[]): void {
    let rest = records;
    while (rest.length > 0) {
      const index = Math.floor(this.total / CHUNK_LINES);
      const filled = this.total - index * CHUNK_LINES;
      const piece = rest.slice(0, CHUNK_LINES - filled);
      const chunk = this.chunks.get(index);
      this.total += piece.length;
      if (filled === 0) this.put(index, piece);
      else if (chunk?.records.length === filled) this.extend(chunk, index, piece);
      else this.drop(index);
      rest = rest.slice(piece.length);
    }
    this.shrink();
  }

  /** Forgets the lines from a number on: the log has no more. */
  truncate(total: number): void {
    this.total = total;
    for (const index of [...this.chunks.keys()]) if ((index + 1) * CHUNK_LINES > total) this.drop(index);
  }

  /** A line that is in memory. */
  line(number: number): LogLine | undefined {
    const index = Math.floor(number / CHUNK_LINES);
    const chunk = this.chunks.get(index);
    if (!chunk) return undefined;
    this.chunks.delete(index);
    this.chunks.set(index, chunk);
    return this.parsed(chunk, index)[number - index * CHUNK_LINES];
  }

  /** The whole text of a line that is in memory. */
  record(number: number): LogRecord | undefined {
    const index = Math.floor(number / CHUNK_LINES);
    return this.chunks.get(index)?.records[number - index * CHUNK_LINES];
  }

  has(index: number): boolean {
    const chunk = this.chunks.get(index);
    return !!chunk && chunk.records.length >= Math.min(CHUNK_LINES, this.total - index * CHUNK_LINES);
  }

  /** How much is in memory: chunks and characters. */
  get size(): { chunks: number; characters: number } {
    return { chunks: this.chunks.size, characters: this.characters };
  }

  private parsed(chunk: Chunk, index: number): LogLine[] {
    const start = this.ends.get(index - 1) ?? PLAIN;
    if (chunk.lines && chunk.lines.length === chunk.records.length && chunk.start === start) return chunk.lines;
    const isLonger = chunk.lines !== null && chunk.start === start;
    const lines: LogLine[] = isLonger && chunk.lines ? chunk.lines : [];
    let style = isLonger ? (this.ends.get(index) ?? start) : start;
    for (const record of chunk.records.slice(lines.length)) {
      const { line, end } = lineOf(record, style);
      lines.push(line);
      style = end;
    }
    chunk.lines = lines;
    chunk.start = start;
    this.ends.set(index, same(style, this.ends.get(index) ?? PLAIN) ?? style);
    return lines;
  }

  private extend(chunk: Chunk, index: number, records: LogRecord[]): void {
    chunk.records.push(...records);
    const added = lengthOf(records);
    chunk.characters += added;
    this.characters += added;
    this.chunks.delete(index);
    this.chunks.set(index, chunk);
  }

  private shrink(): void {
    for (const index of this.chunks.keys()) {
      if (this.chunks.size <= 1) return;
      if (this.chunks.size <= MOST_CHUNKS && this.characters <= MOST_CHARACTERS) return;
      this.drop(index);
    }
  }

  private drop(index: number): void {
    this.characters -= this.chunks.get(index)?.characters ?? 0;
    this.chunks.delete(index);
  }
}

/** The known style if it equals the other, so that equal ones are the same object. */
function same(style: AnsiStyle, known: AnsiStyle): AnsiStyle | undefined {
  return (Object.keys(style) as (keyof AnsiStyle)[]).every((key) => style[key] === known[key]) ? known : undefined;
}

function lengthOf(records: LogRecord[]): number {
  return records.reduce((sum, record) => sum + record.text.length, 0);
}
