import type { FlowStep, Task } from "@/api/task";
import type { GraphEdge, GraphNode } from "@/components/ui/graph/layout";
import { roughDuration } from "@/lib/duration";

type Flow = Pick<Task, "flow" | "finally_steps">;

/** The flow of a task as a graph; second lines say the kind and, of `usual` by name in milliseconds, the usual time. */
export function graphOf(
  task: Flow,
  isOpen: (id: string) => boolean,
  usual: ReadonlyMap<string, number>,
): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const add = (flow: Record<string, FlowStep>, group: string | undefined, isFinal: boolean) => {
    for (const [name, step] of Object.entries(flow)) {
      const id = within(group, name);
      const isGroup = !!step.steps && isOpen(id);
      nodes.push({
        id,
        title: step.name ?? name,
        line: lineOf(step, usual.get(id), isFinal),
        group,
        action: step.action_type,
        isGroup,
        closed: step.steps && !isGroup ? Object.keys(step.steps).length : undefined,
        isStacked: isLoop(step),
        isConditional: !!step.when,
      });
      for (const before of step.depends_on) edges.push({ from: within(group, before), to: id });
      if (step.steps && isGroup) add(step.steps, id, isFinal);
    }
  };
  add(task.flow, undefined, false);
  add(task.finally_steps ?? {}, undefined, true);
  return { nodes, edges };
}

/** The path of a step of a group; names may have dots, so that a dot alone does not part them. */
function within(group: string | undefined, name: string): string {
  return group === undefined ? name : `${group}~.${name}`;
}

/** The number of boxes with all groups open. */
export function boxCount(task: Flow): number {
  return graphOf(task, () => true, new Map()).nodes.length;
}

function isLoop(step: FlowStep): boolean {
  return step.for_each != null || !!step.matrix || !!step.repeat_while || !!step.repeat_until;
}

function lineOf(step: FlowStep, usual: number | undefined, isFinal: boolean): string {
  const kind = step.action.startsWith("_inline:") ? "" : step.action;
  const words = [
    step.for_each != null || step.matrix ? "each item" : step.repeat_while || step.repeat_until ? "in rounds" : kind,
    isFinal ? "at the end" : "",
    step.when ? `when ${step.when}` : "",
    step.continue_on_failure ? "may fail" : "",
    step.retry ? `retry ${step.retry.max_attempts}` : "",
    usual === undefined ? "" : roughDuration(usual),
  ].filter(Boolean);
  return (words.length ? words : [step.action_type ?? "group"]).slice(0, 2).join(" · ");
}
