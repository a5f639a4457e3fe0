import type { Step } from "@/api/job";

/** A step with those inside it. `items` of a loop are its iterations; the other steps inside are `children`. */
export interface StepNode {
  path: string;
  /** The last part of the path: `deploy` of `region[0].deploy` and of `region~.deploy`. */
  name: string;
  parent: StepNode | null;
  step: Step;
  children: StepNode[];
  items: StepNode[];
}

/** The steps of a job as a tree, by path as well. */
export interface StepTree {
  roots: StepNode[];
  byPath: ReadonlyMap<string, StepNode>;
}

const ITEM = /\[\d+\]$/;
/** What is around a step, and its name, which may have dots: they part only after an item, a visit or a bare `~`. */
const INSIDE = /^(.+(?:\]|~\d*))\.([^[\]~]+(?:~\d+)?)$/;

/** The path around a step: `region[0]` of `region[0].deploy`, `region` of `region[0]` and `region~.deploy`, none of `build`. */
export function parentPath(path: string): string | null {
  if (ITEM.test(path)) return path.replace(ITEM, "");
  return INSIDE.exec(path)?.[1]?.replace(/~$/, "") ?? null;
}

/** The items of loops around a path and at its end, from the outside: `a[1]` and `a[1].b[2]` of `a[1].b[2].c`. */
export function itemPaths(path: string): string[] {
  const around = parentPath(path);
  return [...(around === null ? [] : itemPaths(around)), ...(ITEM.test(path) ? [path] : [])];
}

/** The steps of the API's flat list, in its order. */
export function stepTree(steps: readonly Step[]): StepTree {
  const byPath = new Map<string, StepNode>();
  const roots: StepNode[] = [];
  for (const step of steps) {
    const path = step.step_name;
    let around = parentPath(path);
    while (around !== null && !byPath.has(around)) around = parentPath(around);
    const parent = around === null ? null : (byPath.get(around) ?? null);
    const isItem = ITEM.test(path);
    const name = ITEM.exec(path)?.[0] ?? INSIDE.exec(path)?.[2] ?? path;
    const node: StepNode = { path, name, parent, step, children: [], items: [] };
    byPath.set(path, node);
    if (!parent) roots.push(node);
    else if (isItem) parent.items.push(node);
    else parent.children.push(node);
  }
  return { roots, byPath };
}

/** Whether the step runs others inside it: a loop or a group. */
function isOpenable(node: StepNode): boolean {
  return node.items.length > 0 || node.children.length > 0 || isLoop(node);
}

/** Whether the step is a loop, not one of its items. */
export function isLoop(node: StepNode): boolean {
  return node.step.loop_index === null && (node.step.loop_total ?? 0) > 0;
}

/** The steps on which a step waits, which lie beside it. */
export function dependenciesOf(node: StepNode, tree: StepTree): StepNode[] {
  const prefix = node.path.slice(0, node.path.length - node.name.length);
  return node.step.depends_on.flatMap((name) => tree.byPath.get(prefix + name) ?? []);
}

/** The paths of failed steps with nothing inside that failed: where to look for the cause. */
export function failedPaths(tree: StepTree): string[] {
  return [...tree.byPath.values()].filter(isCause).map((node) => node.path);
}

/** The step that a page opens with: the first cause of a failure, else what runs or waits, else the last one. */
export function firstPath(tree: StepTree, jobStatus: string): string | null {
  const all = [...tree.byPath.values()];
  const failed = all.filter(isCause);
  const found =
    (jobStatus === "failed" && failed.sort((a, b) => endOf(a) - endOf(b))[0]) ||
    all.find((node) => node.step.status === "running" && !isOpenable(node)) ||
    tree.roots.find((node) => node.step.status === "running" || node.step.status === "suspended") ||
    tree.roots.findLast((node) => node.step.started_at && !isOpenable(node)) ||
    tree.roots[0];
  return found?.path ?? null;
}

/** The step that is shown while nobody has chosen one: the one before as long as it is under way, else the next. */
export function followOn(tree: StepTree, jobStatus: string, before: string | null): string | null {
  const status = before === null ? undefined : tree.byPath.get(before)?.step.status;
  return status === "running" || status === "suspended" ? before : firstPath(tree, jobStatus);
}

function isCause(node: StepNode): boolean {
  const inside = [...node.children, ...node.items];
  return node.step.status === "failed" && !inside.some((one) => one.step.status === "failed");
}

function endOf(node: StepNode): number {
  return node.step.completed_at ? Date.parse(node.step.completed_at) : Number.POSITIVE_INFINITY;
}
