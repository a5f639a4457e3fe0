import { type LogFrame, type LogRecord, type LogSource, openLogStream, readLog, recordsOf } from "@/api/logs";

/** How new lines come: over the stream, by asking again and again, not at all for now, or no more. */
export type TailState = "streaming" | "polling" | "lost" | "ended";

interface Receiver {
  lines: (records: LogRecord[]) => void;
  total: () => number;
  state: (state: TailState) => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const POLL_MS = 3000;
const POLL_LINES = 5000;
const PATIENCE = 2;

/** The end of a log that grows. A stream that breaks goes on at its position; when none can be had, the lines are asked for. */
export class LogTail {
  private socket: WebSocket | null = null;
  private readonly stop = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private poll: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private isClosed = false;

  constructor(
    private readonly source: LogSource,
    private position: number,
    private readonly receiver: Receiver,
  ) {
    this.connect();
  }

  close(): void {
    this.isClosed = true;
    this.stop.abort();
    clearTimeout(this.timer);
    clearTimeout(this.poll);
    this.socket?.close();
  }

  private connect(): void {
    openLogStream(this.source, this.position, this.stop.signal).then(
      (socket) => this.follow(socket),
      () => this.retry(),
    );
  }

  private follow(socket: WebSocket): void {
    this.socket = socket;
    if (this.isClosed) socket.close();
    socket.onopen = () => {
      this.failures = 0;
      clearTimeout(this.poll);
      this.poll = undefined;
      if (!this.isClosed) this.receiver.state("streaming");
    };
    socket.onmessage = (message) => this.receive(JSON.parse(message.data));
    socket.onclose = () => this.retry();
  }

  private receive(frame: LogFrame): void {
    if (this.isClosed || frame.next < this.position) return;
    this.position = frame.next;
    if (frame.event === "log") this.receiver.lines(recordsOf(frame.data));
    else {
      this.isClosed = true;
      this.receiver.state("ended");
    }
  }

  private retry(): void {
    if (this.isClosed) return;
    this.failures += 1;
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (this.failures - 1), LONGEST_WAIT_MS);
    this.timer = setTimeout(() => this.connect(), wait);
    if (this.failures >= PATIENCE && !this.poll) this.ask();
  }

  private async ask(): Promise<void> {
    this.poll = setTimeout(() => undefined, POLL_MS);
    try {
      const { records, next } = await readLog(this.source, this.receiver.total(), POLL_LINES);
      if (this.isClosed || this.poll === undefined) return;
      this.position = Math.max(this.position, next);
      if (records.length > 0) this.receiver.lines(records);
      this.receiver.state("polling");
    } catch {
      if (!this.isClosed) this.receiver.state("lost");
    }
    if (!this.isClosed && this.poll !== undefined) this.poll = setTimeout(() => this.ask(), POLL_MS);
  }
}
