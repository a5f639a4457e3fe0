import { useMemo } from "react";
import type { Job } from "@/api/job";
import { firstPath, type StepNode, type StepTree, stepTree } from "./step-tree";

/** What all panes of a job share: its steps as a tree and the one that is selected. */
export interface JobView {
  job: Job;
  tree: StepTree;
  selected: StepNode | null;
  attempt: number | undefined;
  select: (path: string, attempt?: number) => void;
}

/** The tree of a job's steps and the selection that the URL names, or the step that matters first. */
export function useJobView(
  job: Job,
  step: string | undefined,
  attempt: number | undefined,
  select: (path: string, attempt?: number) => void,
): JobView {
  const tree = useMemo(() => stepTree(job.steps), [job.steps]);
  const first = useMemo(() => firstPath(tree, job.status), [tree, job.status]);
  const path = step ?? first;
  const selected = path === null ? null : (tree.byPath.get(path) ?? null);
  return { job, tree, selected, attempt: step === undefined ? undefined : attempt, select };
}
