import { streamAddress } from "@/api/tickets";
import type { Notice } from "./notice";
import type { LiveState } from "./state";

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
const POLL_MS = 15_000;
const OPEN_WITHIN_MS = 8000;

/**
 * The connection to the server's notices. A WebSocket; where proxies refuse one, server-sent events; where those fail
 * too, a `resync` every 15 seconds. Tries again with growing delays until it is closed.
 */
export class LiveConnection {
  private way: "socket" | "events" | "polling" = "socket";
  private failures = 0;
  private hasEverOpened = false;
  private lostAt = 0;
  private end: () => void = () => undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  constructor(
    private readonly onNotice: (notice: Notice) => void,
    private readonly onState: (state: LiveState) => void,
    /** The page has followed another connection until now: what changed in between is read again. */
    private readonly isTakenOver = false,
  ) {
    this.open();
    window.addEventListener("online", this.retryNow);
  }

  close(): void {
    this.isClosed = true;
    window.removeEventListener("online", this.retryNow);
    clearTimeout(this.timer);
    this.end();
  }

  readonly retryNow = (): void => {
    if (this.lostAt && !this.isClosed) this.open();
  };

  private open(): void {
    clearTimeout(this.timer);
    this.end();
    if (this.way === "polling") this.poll();
    else this.openStream(this.way === "socket" ? "/api/live" : "/api/live/sse");
  }

  /** Opens a stream once there is an address for it: while nobody is signed in there is none. */
  private openStream(path: string): void {
    const stop = new AbortController();
    this.end = () => stop.abort();
    streamAddress(path, stop.signal).then(
      (address) => {
        if (stop.signal.aborted) return;
        if (this.way === "socket") this.openSocket(address);
        else this.openEvents(address);
      },
      () => !stop.signal.aborted && this.lost(),
    );
  }

  private openSocket(address: string): void {
    const socket = new WebSocket(address.replace(/^http/, "ws"));
    const late = setTimeout(() => socket.close(), OPEN_WITHIN_MS);
    let isOver = false;
    const over = () => {
      clearTimeout(late);
      if (isOver) return;
      isOver = true;
      this.lost();
    };
    socket.onmessage = ({ data }) => {
      clearTimeout(late);
      this.take(data);
    };
    socket.onclose = over;
    socket.onerror = over;
    this.end = () => {
      isOver = true;
      clearTimeout(late);
      socket.close();
    };
  }

  private openEvents(address: string): void {
    const events = new EventSource(address);
    events.onmessage = ({ data }) => this.take(data);
    events.onerror = () => {
      events.close();
      this.lost();
    };
    this.end = () => events.close();
  }

  private poll(): void {
    const ask = async () => {
      const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
      if (this.isClosed) return;
      if (answer?.ok) this.opened({ kind: "resync" });
      else this.lost();
    };
    ask();
    const timer = setInterval(ask, POLL_MS);
    this.end = () => clearInterval(timer);
  }

  private take(data: string): void {
    this.opened(JSON.parse(data) as Notice);
  }

  private opened(notice: Notice): void {
    const isFirst = !this.hasEverOpened;
    this.hasEverOpened = true;
    this.failures = 0;
    if (this.lostAt || isFirst || notice.kind === "start") {
      this.lostAt = 0;
      this.onState({ way: this.way, lostAt: 0, retryAt: 0 });
    }
    if (!isFirst || this.isTakenOver || notice.kind !== "start") this.onNotice(notice);
  }

  /** The next try; after two that never opened, another way. */
  private lost(): void {
    if (this.isClosed) return;
    this.failures += 1;
    this.lostAt ||= Date.now();
    if (this.failures >= 2 && !this.hasEverOpened) {
      this.way = this.way === "socket" ? "events" : "polling";
      this.failures = 0;
    }
    const delay =
      Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.failures, 6), LAST_RETRY_MS) * (0.75 + Math.random() / 2);
    this.onState({ way: "off", lostAt: this.lostAt, retryAt: Date.now() + delay });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), delay);
  }
}
