import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { streamAddress } from "./tickets";

/** A log that can be read: of a job, of one of its steps, or of one attempt of a step. */
export interface LogSource {
  jobId: string;
  step: string | null;
  attempt?: number;
}

/** A line as it was written. `at` is in milliseconds since 1970, 0 when the line has no time. */
export interface LogRecord {
  at: number;
  text: string;
  stream: string;
}

/** Lines of a log. `first` is the number of the first one, counted from 0; `lines` how many the log has; `next` the position behind them, from which a stream goes on. */
export interface LogRange {
  first: number;
  lines: number;
  next: number;
  records: LogRecord[];
}

export interface LogSearch {
  q: string;
  regex?: boolean;
  case?: boolean;
  stream?: "stdout" | "stderr";
}

export type LogSummary = Schemas["LogSummary"];
export type LogHits = Schemas["LogHits"];

const SCAN_MS = 500;

/** A frame of the stream of a log. */
export type LogFrame =
  | { event: "log"; after: number; next: number; data: string }
  | { event: "end"; status: string; next: number };

/** At most `limit` lines from the line with the number `first`. */
export async function readLog(
  source: LogSource,
  first: number,
  limit: number,
  signal?: AbortSignal,
): Promise<LogRange> {
  const { jobId: job_id, step, attempt } = source;
  const range = { skip: first, limit };
  const answer = await dataOf(
    step === null
      ? api.GET("/api/jobs/{job_id}/logs", { params: { path: { job_id }, query: range }, signal })
      : api.GET("/api/jobs/{job_id}/steps/{step}/logs", {
          params: { path: { job_id, step }, query: { ...range, attempt } },
          signal,
        }),
  );
  return {
    first: answer.first ?? first,
    lines: answer.lines ?? answer.total,
    next: answer.next,
    records: recordsOf(answer.logs),
  };
}

export type LogFile = "text" | "colours" | "jsonl";

/** The address of a whole log as a file: of texts, of texts with their colours, or of records. */
export function logFileUrl({ jobId, step, attempt }: LogSource, file: LogFile): string {
  const place = `/api/jobs/${jobId}${step === null ? "" : `/steps/${encodeURIComponent(step)}`}/logs`;
  const query = new URLSearchParams({ format: file === "jsonl" ? "jsonl" : "text" });
  if (file === "colours") query.set("ansi", "keep");
  if (attempt !== undefined) query.set("attempt", String(attempt));
  return `${place}?${query}`;
}

/** The lines with a match, after the first `after` lines. */
export function searchLog(
  source: LogSource,
  search: LogSearch,
  after: number,
  limit: number,
  signal?: AbortSignal,
): Promise<LogHits> {
  const { jobId: job_id, step, attempt } = source;
  const query = { ...search, after, limit };
  return dataOf(
    step === null
      ? api.GET("/api/jobs/{job_id}/logs/search", { params: { path: { job_id }, query }, signal })
      : api.GET("/api/jobs/{job_id}/steps/{step}/logs/search", {
          params: { path: { job_id, step }, query: { ...query, attempt } },
          signal,
        }),
  );
}

/** Length, attempts and first errors of a log, which is summarized anew when it has ended. With `isWhole`, a long one is read to its end, over several requests. */
export const logSummaryQuery = ({ jobId, step, attempt }: LogSource, isLive: boolean, isWhole: boolean) =>
  queryOptions({
    queryKey: ["job", jobId, "log-summary", step, attempt, isLive],
    refetchInterval: ({ state }: { state: { data?: LogSummary } }) =>
      isWhole && state.data && state.data.scanned < state.data.lines ? SCAN_MS : false,
    queryFn: ({ signal }) =>
      dataOf(
        step === null
          ? api.GET("/api/jobs/{job_id}/logs/summary", { params: { path: { job_id: jobId } }, signal })
          : api.GET("/api/jobs/{job_id}/steps/{step}/logs/summary", {
              params: { path: { job_id: jobId, step }, query: { attempt } },
              signal,
            }),
      ),
  });

/** A WebSocket with the lines of a log behind a position. */
export async function openLogStream(
  { jobId, step }: LogSource,
  after: number,
  signal: AbortSignal,
): Promise<WebSocket> {
  const query = new URLSearchParams({ events: "true", after: String(after), ...(step !== null && { step }) });
  const address = await streamAddress(`/api/jobs/${encodeURIComponent(jobId)}/logs/stream?${query}`, signal);
  return new WebSocket(address.replace(/^http/, "ws"));
}

/** Reads lines of JSONL. A line that is none is shown as it is. */
export function recordsOf(jsonl: string): LogRecord[] {
  const lines = jsonl.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map(recordOf);
}

function recordOf(line: string): LogRecord {
  try {
    const { ts, line: text, stream } = JSON.parse(line);
    return { at: Date.parse(ts) || 0, text: String(text ?? ""), stream: String(stream ?? "stdout") };
  } catch {
    return { at: 0, text: line, stream: "stdout" };
  }
}
