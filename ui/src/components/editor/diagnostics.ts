import type { Diagnostic } from "@codemirror/lint";
import type { Text } from "@codemirror/state";
import { problemWords } from "@/lib/problem";
import type { FileProblem } from "./check-view";

/** The mistakes of a file at their places, which may have moved or gone since they were found. */
export function diagnosticsOf(doc: Text, problems: readonly FileProblem[]): Diagnostic[] {
  return problems
    .map(({ problem, end }) => {
      const line = doc.line(Math.min(problem.line, doc.lines));
      const from = Math.min(line.from + problem.column - 1, line.to);
      const to = end ? Math.min(line.from + end - 1, line.to) : from + wordAt(line.text, from - line.from);
      return {
        from: Math.min(from, Math.max(line.from, line.to - 1)),
        to: Math.max(to, from),
        severity: problem.severity === "warning" ? ("warning" as const) : ("error" as const),
        message: problemWords(problem),
      };
    })
    .sort((a, b) => a.from - b.from);
}

function wordAt(line: string, column: number): number {
  return /^\S+/.exec(line.slice(column))?.[0].length ?? 0;
}
