import { itemCount, type Step } from "@/api/job";
import type { GraphEdge, GraphNode } from "@/components/ui/graph/layout";
import { stateOf } from "@/components/ui/state-glyph";
import { count } from "@/lib/number";
import { dependenciesOf, isLoop, parentPath, type StepNode, type StepTree } from "./step-tree";

interface JobGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** The steps of a job as a graph: loops are piles, open groups frames around what is in them. */
export function jobGraph(
  tree: StepTree,
  isOpen: (path: string) => boolean,
  shareOf: (step: Step) => number | undefined,
): JobGraph {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const add = (node: StepNode, group: string | undefined) => {
    const { step, path } = node;
    const hasInside = !isLoop(node) && node.children.length > 0;
    const isGroup = hasInside && isOpen(path);
    const state = stateOf(step.status);
    nodes.push({
      id: path,
      title: node.name,
      line: isLoop(node) ? loopWords(step) : undefined,
      group,
      isGroup,
      closed: hasInside && !isGroup ? node.children.length : undefined,
      isStacked: isLoop(node),
      isConditional: state === "pending" || state === "skipped",
      state,
      share: state === "running" ? shareOf(step) : undefined,
    });
    for (const before of dependenciesOf(node, tree))
      edges.push({ from: before.path, to: path, tone: toneOf(before, node) });
    if (isGroup) for (const child of node.children) add(child, path);
  };
  for (const root of tree.roots) add(root, undefined);
  return { nodes, edges };
}

/** The number of boxes with all groups open. */
export function boxCount(tree: StepTree): number {
  return jobGraph(
    tree,
    () => true,
    () => undefined,
  ).nodes.length;
}

/** The box that stands for a step: its own, or that of the loop or group around it. */
export function boxOf(graph: JobGraph, path: string | null): string | null {
  const ids = new Set(graph.nodes.map((node) => node.id));
  let found = path;
  while (found !== null && !ids.has(found)) found = parentPath(found);
  return found;
}

function loopWords(step: Step): string {
  const total = step.loop_total ?? 0;
  const ended = ["completed", "failed", "skipped", "cancelled"].reduce(
    (sum, one) => sum + (step.loop_counts?.[one] ?? 0),
    0,
  );
  return step.status === "running" && itemCount(step) > 0 ? count(ended) : count(total);
}

function toneOf(before: StepNode, node: StepNode): GraphEdge["tone"] {
  if (node.step.status === "skipped" || node.step.status === "cancelled" || before.step.status === "skipped")
    return "none";
  return before.step.status === "running" || node.step.status === "running" ? "way" : undefined;
}
