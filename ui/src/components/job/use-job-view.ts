import { useQueries } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { innerStepsQuery, type Job, type Step } from "@/api/job";
import { type Groups, useGroups } from "@/components/ui/graph/use-groups";
import { boxCount } from "./graph-model";
import { attemptsOf } from "./rows";
import { followOn, itemPaths, type StepNode, type StepTree, stepTree } from "./step-tree";

/** The step whose log is shown. `node` is null while an item of a long loop is read. */
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
  const own = useMemo(() => stepTree(job.steps), [job.steps]);
  const cause = job.status === "failed" ? job.reason_step : null;
  const followed = useRef<string | null>(null);
  const first = useMemo(() => cause ?? followOn(own, job.status, followed.current), [cause, own, job.status]);
  followed.current = first;
  const path = search.step ?? first;
  const inner = useInnerSteps(job.job_id, path === null ? [] : itemPaths(path).filter((one) => !own.byPath.has(one)));
  const tree = useMemo(() => (inner.length ? stepTree([...job.steps, ...inner]) : own), [job.steps, inner, own]);
  const groups = useGroups(() => boxCount(tree));
  const node = path === null ? null : (tree.byPath.get(path) ?? null);
  const attempt = search.step === undefined ? undefined : search.attempt;
  if (node) {
    const selected = { path: node.path, node, status: node.step.status, attempts: Math.max(attemptsOf(node), 1) };
    return { job, tree, selected, attempt, select, groups };
  }
  const selected = path === null ? null : { path, node: null, status: "pending", attempts: 1 };
  return { job, tree, selected, attempt, select, groups };
}

/** The steps of these items of long loops; none until they are read. */
function useInnerSteps(jobId: string, items: string[]): Step[] {
  return useQueries({
    queries: items.map((path) => innerStepsQuery(jobId, path)),
    combine: stepsOf,
  });
}

function stepsOf(answers: { data: Step[] | undefined }[]): Step[] {
  return answers.flatMap(({ data }) => data ?? []);
}
