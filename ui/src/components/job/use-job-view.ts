import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { type Job, loopItemQuery } from "@/api/job";
import { type Groups, useGroups } from "@/components/ui/graph/use-groups";
import { boxCount } from "./graph-model";
import { attemptsOf } from "./rows";
import { followOn, type StepNode, type StepTree, stepTree } from "./step-tree";

/** The step whose log is shown. `node` is null for an item of a long loop, which is not among the job's steps. */
export interface Selected {
  path: string;
  node: StepNode | null;
  status: string;
  attempts: number;
}

/** What all panes of a job share: its steps as a tree and the one that is selected. */
export interface JobView {
  job: Job;
  tree: StepTree;
  selected: Selected | null;
  attempt: number | undefined;
  select: (path: string, attempt?: number) => void;
  /** Groups that are open in the graph. */
  groups: Groups;
}

/** The tree of a job's steps and the selection that the URL names, or the step that matters first. */
export function useJobView(
  job: Job,
  search: { step?: string; attempt?: number },
  select: (path: string, attempt?: number) => void,
): JobView {
  const tree = useMemo(() => stepTree(job.steps), [job.steps]);
  const groups = useGroups(() => boxCount(tree));
  const cause = job.status === "failed" ? job.reason_step : null;
  const followed = useRef<string | null>(null);
  const first = useMemo(() => cause ?? followOn(tree, job.status, followed.current), [cause, tree, job.status]);
  followed.current = first;
  const path = search.step ?? first;
  const node = path === null ? null : (tree.byPath.get(path) ?? null);
  const isItem = path !== null && node === null;
  const { data: item } = useQuery({ ...loopItemQuery(job.job_id, path ?? ""), enabled: isItem && path.endsWith("]") });
  const attempt = search.step === undefined ? undefined : search.attempt;
  if (node) {
    const selected = { path: node.path, node, status: node.step.status, attempts: Math.max(attemptsOf(node), 1) };
    return { job, tree, selected, attempt, select, groups };
  }
  const selected = isItem
    ? { path, node: null, status: item?.status ?? "pending", attempts: item?.attempt || 1 }
    : null;
  return { job, tree, selected, attempt, select, groups };
}
