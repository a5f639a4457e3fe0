import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { type Notice, staleKeys } from "./notice";

const SHORT_MS = 250;
const LONG_MS = 1500;
/** A read of what takes the server long is followed by a rest of so many times that long. */
const REST = 4;
const LONGEST_REST_MS = 15_000;
const BUSY_MS = 300;
const HIDDEN_FACTOR = 10;
/** The first parts of keys that are followed by the name of one object. */
const OBJECTS = ["job", "task", "trigger", "worker", "workspace"];

/**
 * Turns notices into reads of what is shown. Reads of the same key keep a distance: a quarter of a second for one
 * object, 1.5 seconds for lists, more after a read that took long, ten times as much in a hidden tab. A read that is
 * under way is not interrupted, and is followed by another when a notice came in between.
 */
export class Invalidator {
  private readonly waiting = new Map<string, { key: QueryKey; timer: ReturnType<typeof setTimeout> }>();
  private readonly lastRead = new Map<string, { at: number; took: number }>();

  constructor(private readonly queries: QueryClient) {}

  take(notice: Notice): void {
    const stale = staleKeys(notice);
    if (stale) for (const key of stale) this.schedule(key);
    else this.schedule([]);
  }

  private schedule(key: QueryKey): void {
    const name = JSON.stringify(key);
    if (this.waiting.has(name)) return;
    const usual = OBJECTS.includes(String(key[0])) ? SHORT_MS : LONG_MS;
    const { at, took } = this.lastRead.get(name) ?? { at: 0, took: 0 };
    const distance = Math.max(usual, Math.min(took * REST, LONGEST_REST_MS)) * (document.hidden ? HIDDEN_FACTOR : 1);
    const wait = Math.max(at + distance - Date.now(), 30);
    this.wait(name, key, wait);
  }

  private wait(name: string, key: QueryKey, ms: number): void {
    this.waiting.set(name, { key, timer: setTimeout(() => this.read(name, key), ms) });
  }

  private read(name: string, key: QueryKey): void {
    const queryKey = key.length ? key : undefined;
    if (this.queries.isFetching({ queryKey, type: "active" }) > 0) {
      this.wait(name, key, BUSY_MS);
      return;
    }
    this.waiting.delete(name);
    if (this.lastRead.size > 500) this.lastRead.clear();
    const read = { at: Date.now(), took: 0 };
    this.lastRead.set(name, read);
    this.queries.invalidateQueries({ queryKey }).then(() => {
      read.took = Date.now() - read.at;
    });
  }
}
