import { useMemo } from "react";
import { cn } from "@/lib/cn";
import { type Marked, wordDiff } from "@/lib/word-diff";
import { CodeScroll, LineNumber } from "./code-line";

interface DiffLine {
  sign: " " | "+" | "-" | "@";
  number?: number;
  parts: Marked[];
}

/** The lines of a unified diff, with the changed words marked. */
export function UnifiedDiff({ lines }: { lines: string[] }) {
  const rows = useMemo(() => readDiff(lines), [lines]);
  return (
    <CodeScroll label="Differences">
      {rows.map((row, index) => (
        <div
          key={index}
          className={cn(
            "flex whitespace-pre pr-3",
            row.sign === "+" && "bg-add-bg",
            row.sign === "-" && "bg-del-bg",
            row.sign === "@" && "text-text-3",
          )}
        >
          <LineNumber number={row.number} />
          <span
            className={cn("inline-block w-4 flex-none", row.sign === "+" && "text-add", row.sign === "-" && "text-del")}
          >
            {row.sign === "-" ? "−" : row.sign === "@" ? "" : row.sign}
          </span>
          <span>
            {row.parts.map((part, at) =>
              part.isChanged ? (
                <mark
                  key={at}
                  className={cn("rounded-[2px] text-inherit", row.sign === "+" ? "bg-add-mark" : "bg-del-mark")}
                >
                  {part.text}
                </mark>
              ) : (
                part.text
              ),
            )}
          </span>
        </div>
      ))}
    </CodeScroll>
  );
}

/** How many lines a diff adds and removes. */
export function DiffCounts({ lines }: { lines: string[] }) {
  const of = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return (
    <span className="flex-none font-mono text-12">
      <span className="text-add">+{of("+")}</span> <span className="text-del">−{of("-")}</span>
    </span>
  );
}

function readDiff(lines: string[]): DiffLine[] {
  const rows: DiffLine[] = [];
  let [old, now] = [1, 1];
  const plain = (text: string): Marked[] => [{ text, isChanged: false }];
  for (let index = 0; index < lines.length; ) {
    const line = lines[index] ?? "";
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
    if (hunk) {
      [old, now] = [Number(hunk[1]), Number(hunk[2])];
      if (rows.length) rows.push({ sign: "@", parts: plain("⋯") });
      index++;
      continue;
    }
    const removed = runOf(lines, index, "-");
    const added = runOf(lines, index + removed.length, "+");
    if (removed.length + added.length === 0) {
      rows.push({
        sign: " ",
        number: line.startsWith("\\") || line === "…" ? undefined : now,
        parts: plain(line.slice(1) || line.trim()),
      });
      [old, now, index] = [old + 1, now + 1, index + 1];
      continue;
    }
    const pairs = removed.map((text, at) => (added[at] === undefined ? null : wordDiff(text, added[at])));
    removed.forEach((text, at) => {
      rows.push({ sign: "-", number: old++, parts: pairs[at]?.[0] ?? plain(text) });
    });
    added.forEach((text, at) => {
      rows.push({ sign: "+", number: now++, parts: pairs[at]?.[1] ?? plain(text) });
    });
    index += removed.length + added.length;
  }
  return rows;
}

function runOf(lines: string[], from: number, sign: string): string[] {
  const run: string[] = [];
  while (lines[from + run.length]?.startsWith(sign)) run.push((lines[from + run.length] ?? "").slice(1));
  return run;
}
