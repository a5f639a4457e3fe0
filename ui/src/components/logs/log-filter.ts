import type { LogSearch } from "@/api/logs";

/** Words by which a line tells of an error, as the server's summary has them. */
export const ERROR_PATTERN = String.raw`(?i)\b(?:error|fatal|panic|panicked|exception|critical)\b|^\s*traceback \(most recent|\w(?-i:Error|Exception)\b`;
const WARNING_PATTERN = String.raw`(?i)\bwarn(?:ing)?s?\b`;

export type LogStream = "both" | "stdout" | "stderr";
export type LogLevel = "all" | "errors" | "warnings";

/** Which lines are shown. */
export interface LogFilter {
  stream: LogStream;
  level: LogLevel;
}

export const ALL_LINES: LogFilter = { stream: "both", level: "all" };

/** The search that finds the lines of a filter; null for all lines. */
export function searchOfFilter({ stream, level }: LogFilter): LogSearch | null {
  if (stream === "both" && level === "all") return null;
  const q = level === "errors" ? ERROR_PATTERN : level === "warnings" ? WARNING_PATTERN : "^";
  return { q, regex: true, ...(stream === "both" ? {} : { stream }) };
}

/** What a filter shows, in words. */
export function wordsOfFilter({ stream, level }: LogFilter): string {
  const streams = stream === "both" ? "stdout and stderr" : `only ${stream}`;
  return level === "all" ? streams : `${streams}, only ${level}`;
}
