import type { CheckedEdit, EditProblem } from "@/api/edit";
import { EmptyState } from "@/components/ui/empty-state";
import { StateGlyph } from "@/components/ui/state-glyph";
import { problemWords } from "@/lib/problem";

interface Props {
  check: CheckedEdit;
  onOpen: (problem: EditProblem) => void;
}

/** What the server says of the edit, by its place; pressing one goes there. */
export function MistakesList({ check, onOpen }: Props) {
  const { problems } = check.plan;
  if (problems.length === 0) return <EmptyState title="The server finds no mistakes." />;
  return (
    <ul>
      {problems.map((problem) => {
        const isWarning = problem.severity === "warning";
        return (
          <li
            key={`${problem.file}:${problem.line}:${problem.column}:${problem.code}`}
            className="border-line border-b"
          >
            <button
              type="button"
              className="flex w-full items-start gap-2 px-4 py-2 text-left hover:bg-hover"
              onClick={() => onOpen(problem)}
            >
              <StateGlyph
                state={isWarning ? "waiting" : "failed"}
                label={isWarning ? "Warning" : "Mistake"}
                className="mt-0.5"
              />
              <span className="min-w-0 [overflow-wrap:anywhere]">
                {problemWords(problem)}
                <code className="block text-12 text-text-3">
                  {problem.file}:{problem.line}:{problem.column}
                </code>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
