import { lazy, Suspense, useMemo } from "react";
import type { Step } from "@/api/job";
import { isLive } from "@/api/job";
import { HOUR_MS, useNow } from "@/lib/clock";
import { count } from "@/lib/number";
import { boxOf, jobGraph } from "./graph-model";
import type { JobView } from "./use-job-view";

const Graph = lazy(() => import("@/components/ui/graph/graph"));

const SIZE = { width: 124, height: 32, gap: 14 };
const MOST = 6000;
const SLOW_MS = 5000;

interface Props {
  view: JobView;
  usual: ReadonlyMap<string, number>;
  onOpenLog: () => void;
}

/** The steps as a graph above their list. A job of one step has none. */
export function JobGraphPane({ view, usual, onOpenLog }: Props) {
  const { job, tree, selected, select, groups } = view;
  const now = useNow(isLive(job) ? SLOW_MS : HOUR_MS);
  const graph = useMemo(() => {
    const shareOf = (step: Step) => {
      const usualMs = usual.get(step.step_name);
      return usualMs && step.started_at ? (now - Date.parse(step.started_at)) / usualMs : undefined;
    };
    return jobGraph(tree, groups.isOpen, shareOf);
  }, [tree, groups, usual, now]);
  if (graph.nodes.length < 2) return null;
  if (graph.nodes.length > MOST) {
    return (
      <p className="flex-none border-line border-b bg-canvas px-4 py-2 text-text-3">
        {count(graph.nodes.length)} steps are too many for a graph. The list has all of them.
      </p>
    );
  }
  return (
    <div className="h-44 flex-none border-line border-b bg-canvas max-sm:hidden">
      <Suspense>
        <Graph
          nodes={graph.nodes}
          edges={graph.edges}
          label="Graph of the steps"
          size={SIZE}
          selected={boxOf(graph, selected?.path ?? null)}
          onSelect={(path) => select(path)}
          onEnter={onOpenLog}
          onTurn={groups.toggle}
          className="h-full"
        />
      </Suspense>
    </div>
  );
}
