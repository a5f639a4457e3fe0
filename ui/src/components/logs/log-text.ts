import { type LogSource, readLog } from "@/api/logs";
import { PLAIN, parseAnsi } from "./ansi";

const PAGE = 20_000;

/** The text of lines, without numbers and colours. Takes at most `count` lines from `first` on. */
export async function logText(source: LogSource, first: number, count: number): Promise<Blob> {
  const parts: string[] = [];
  let at = first;
  while (at < first + count) {
    const { records, lines } = await readLog(source, at, Math.min(PAGE, first + count - at));
    parts.push(records.map(({ text }) => `${plainOf(text)}\n`).join(""));
    at += records.length;
    if (records.length === 0 || at >= lines) break;
  }
  return new Blob(parts, { type: "text/plain" });
}

function plainOf(text: string): string {
  return parseAnsi(text, PLAIN)
    .spans.map((span) => span.text)
    .join("");
}
