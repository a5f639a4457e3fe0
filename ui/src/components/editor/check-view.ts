import type { CheckedEdit, EditProblem } from "@/api/edit";

/** A mistake with the column behind its end, where that is known. */
export interface FileProblem {
  problem: EditProblem;
  end?: number;
}

const NONE: readonly FileProblem[] = [];

/** The mistakes of a check by file. */
export function problemsByFile(check: CheckedEdit | undefined): (path: string) => readonly FileProblem[] {
  const found = new Map<string, FileProblem[]>();
  for (const [index, problem] of (check?.plan.problems ?? []).entries()) {
    const end = check?.plan.excerpts.find((one) => one.problem === index)?.end_column ?? undefined;
    const list = found.get(problem.file);
    if (list) list.push({ problem, end });
    else found.set(problem.file, [{ problem, end }]);
  }
  return (path) => found.get(path) ?? NONE;
}

/** How many mistakes keep the edit from becoming a release. */
export function faultsOf(check: CheckedEdit): number {
  return check.plan.problems.filter((problem) => problem.severity !== "warning").length;
}
