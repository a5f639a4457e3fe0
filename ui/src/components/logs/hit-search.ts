import { type LogSearch, type LogSource, searchLog } from "@/api/logs";

export interface Hits {
  lines: readonly number[];
  isSearching: boolean;
  /** More lines have a match than these. */
  isCut: boolean;
  error: unknown;
}

export const NO_HITS: Hits = { lines: [], isSearching: false, isCut: false, error: null };
const PAGE = 10_000;
const GROWN_MS = 1000;

/** A search of a whole log by the server, page after page, which goes on when the log grows. */
export class HitSearch {
  private hits = NO_HITS;
  private next: number;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly closed = new AbortController();

  constructor(
    private readonly source: LogSource,
    private readonly search: LogSearch,
    /** The first line to search, and the most hits. */
    private readonly from: number,
    private readonly most: number,
    private readonly tell: (hits: Hits) => void,
  ) {
    this.next = from;
  }

  /** Searches what was not searched of a log with so many lines. */
  upTo(total: number): void {
    const { isSearching, isCut, error } = this.hits;
    if (isSearching || isCut || error || this.timer || this.next >= total) return;
    const wait = this.next > this.from ? GROWN_MS : 0;
    this.timer = setTimeout(() => this.run(), wait);
  }

  close(): void {
    clearTimeout(this.timer);
    this.closed.abort();
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.set({ isSearching: true });
    try {
      while (this.hits.isSearching) {
        const limit = Math.min(PAGE, this.most - this.hits.lines.length);
        const page = await searchLog(this.source, this.search, this.next, limit, this.closed.signal);
        this.next = page.next;
        const lines = page.lines.length > 0 ? [...this.hits.lines, ...page.lines] : this.hits.lines;
        const isMore = page.stopped !== null;
        this.set({
          lines,
          isCut: isMore && lines.length >= this.most,
          isSearching: isMore && lines.length < this.most,
        });
      }
    } catch (error) {
      this.set({ error, isSearching: false });
    }
  }

  private set(change: Partial<Hits>): void {
    if (this.closed.signal.aborted) return;
    this.hits = { ...this.hits, ...change };
    this.tell(this.hits);
  }
}
