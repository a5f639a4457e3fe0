import { type LogRecord, type LogSource, readLog } from "@/api/logs";
import { CHUNK_LINES, LogChunks } from "./chunks";
import { findGroupMarks, GroupMarks } from "./group-marks";
import { LogTail, type TailState } from "./log-tail";

const REQUESTS = 3;
const RETRY_MS = 2000;

/** A log as it is shown: the lines in memory, those on their way, and its end while it grows. */
export class LogModel {
  readonly chunks = new LogChunks();
  readonly marks = new GroupMarks();
  error: unknown = null;
  isReady = false;
  /** The time of the first line, 0 when it is not known. */
  origin = 0;
  tailState: TailState = "ended";
  private version = 0;
  private frame = 0;
  private wanted: number[] = [];
  private readonly loading = new Set<number>();
  private readonly listeners = new Set<() => void>();
  private ended = new AbortController();
  private opened: Promise<void> = Promise.resolve();
  private isLive = false;
  private tail: LogTail | null = null;

  constructor(readonly source: LogSource) {}

  get total(): number {
    return this.chunks.total;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): number => this.version;

  /** Reads the beginning and, of a log that grows, its end. */
  open = (): void => {
    this.ended = new AbortController();
    this.opened = this.begin();
  };

  /** Reads it again after a failure, and follows it if it grows. */
  retry = (): Promise<void> => {
    this.open();
    return this.setLive(this.isLive);
  };

  /** Follows the end of a log that grows, or stops to. */
  async setLive(isLive: boolean): Promise<void> {
    this.isLive = isLive;
    await this.opened;
    if (this.ended.signal.aborted || !this.isReady || this.isLive === (this.tail !== null)) return;
    if (!this.isLive) return this.settle();
    try {
      await this.follow();
    } catch (error) {
      this.fail(error);
    }
  }

  private async begin(): Promise<void> {
    const { signal } = this.ended;
    try {
      this.error = null;
      const { lines, records } = await readLog(this.source, 0, CHUNK_LINES, signal);
      this.chunks.total = lines;
      this.chunks.put(0, records);
      this.origin = records[0]?.at ?? 0;
      this.isReady = true;
      this.changed();
      findGroupMarks(this.source, this.marks, signal).then(
        () => this.changed(),
        (error) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  /** Asks for the lines of rows that are seen; what was asked for before and is not under way is forgotten. */
  want(lines: readonly number[]): void {
    const indexes = new Set(lines.map((line) => Math.floor(line / CHUNK_LINES)));
    this.wanted = [...indexes].filter((index) => !this.chunks.has(index) && !this.loading.has(index));
    this.load();
  }

  /** Stops following: the log has ended. Its length is asked for a last time. */
  private async settle(): Promise<void> {
    this.tail?.close();
    this.tail = null;
    this.tailState = "ended";
    try {
      const { lines } = await readLog(this.source, Math.max(this.total - 1, 0), 1, this.ended.signal);
      this.chunks.truncate(lines);
      this.changed();
    } catch (error) {
      this.fail(error);
    }
  }

  close(): void {
    this.ended.abort();
    this.tail?.close();
    this.tail = null;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  private async follow(): Promise<void> {
    const index = Math.max(Math.floor((this.total - 1) / CHUNK_LINES), 0);
    const range = await readLog(this.source, index * CHUNK_LINES, CHUNK_LINES, this.ended.signal);
    this.chunks.truncate(range.first + range.records.length);
    this.chunks.put(index, range.records);
    this.marks.look(range.first, range.records);
    const position = range.next;
    if (this.ended.signal.aborted || !this.isLive || this.tail) return;
    this.tail = new LogTail(this.source, position, {
      lines: (records) => this.append(records),
      total: () => this.total,
      state: (state) => {
        this.tailState = state;
        if (state === "ended") this.settle();
        this.changed();
      },
    });
  }

  private append(records: LogRecord[]): void {
    this.origin ||= records[0]?.at ?? 0;
    this.marks.look(this.total, records);
    this.chunks.append(records);
    this.changed();
  }

  private load(): void {
    while (this.loading.size < REQUESTS) {
      const index = this.wanted.shift();
      if (index === undefined) return;
      this.loading.add(index);
      readLog(this.source, index * CHUNK_LINES, CHUNK_LINES, this.ended.signal)
        .then(({ records }) => {
          this.error = null;
          this.chunks.put(index, records);
          this.loading.delete(index);
          this.changed();
        })
        .catch((error) => {
          this.fail(error);
          setTimeout(() => {
            this.loading.delete(index);
            this.changed();
          }, RETRY_MS);
        })
        .finally(() => this.load());
    }
  }

  private fail(error: unknown): void {
    if (this.ended.signal.aborted || (error instanceof DOMException && error.name === "AbortError")) return;
    this.error = error;
    this.changed();
  }

  /** Tells listeners, once a frame. */
  private changed(): void {
    if (this.ended.signal.aborted || this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.version += 1;
      for (const listener of this.listeners) listener();
    });
  }
}
