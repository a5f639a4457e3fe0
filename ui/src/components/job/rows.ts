import { itemCount } from "@/api/job";
import { OPEN_UP_TO } from "@/components/ui/graph/use-groups";
import { isLoop, parentPath, type StepNode, type StepTree } from "./step-tree";

/** A row of the list of steps. */
export type Row =
  | { kind: "step"; key: string; node: StepNode; level: number; isOpen: boolean; canOpen: boolean }
  | { kind: "attempt"; key: string; node: StepNode; level: number; attempt: number }
  | { kind: "loop"; key: string; node: StepNode; level: number };

/** Loops with more items than this are shown as a strip of cells. */
const MOST_ROWS = 12;

/** Attempts of a step so far; 0 before the first. */
export function attemptsOf({ step }: Pick<StepNode, "step">): number {
  return step.started_at && step.status !== "skipped" ? step.retry_history.length + 1 : step.retry_history.length;
}

/** Whether a loop is shown as a strip instead of a row for each item. */
function isStrip(node: StepNode): boolean {
  return isLoop(node) && (node.items.length > MOST_ROWS || itemCount(node.step) > 0);
}

/** The rows that are visible: those of closed steps are left out, `shown` is the selected step inside of a strip. */
export function rowsOf(tree: StepTree, opened: ReadonlySet<string>, shown: string | null): Row[] {
  const rows: Row[] = [];
  const add = (node: StepNode, level: number) => {
    const attempts = attemptsOf(node);
    const isAround = node.children.length > 0 || node.items.length > 0 || isStrip(node);
    const canOpen = isAround || attempts > 1;
    const isOpen = canOpen && opened.has(node.path);
    rows.push({ kind: "step", key: node.path, node, level, isOpen, canOpen });
    if (!isOpen) return;
    if (!isAround) {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        rows.push({ kind: "attempt", key: `${node.path}\n${attempt}`, node, level: level + 1, attempt });
      }
    }
    for (const child of node.children) add(child, level + 1);
    if (isStrip(node)) {
      rows.push({ kind: "loop", key: `${node.path}\nloop`, node, level: level + 1 });
      const item = shown && node.items.find((one) => shown === one.path || shown.startsWith(`${one.path}.`));
      if (item && (item.children.length > 0 || attemptsOf(item) > 1)) add(item, level + 1);
    } else for (const item of node.items) add(item, level + 1);
  };
  for (const root of tree.roots) add(root, 1);
  return rows;
}

/** The steps around a path, which have to be open for it to be seen. */
export function pathsAround(tree: StepTree, path: string): string[] {
  const around: string[] = [];
  for (let one = parentPath(path); one !== null; one = parentPath(one)) if (tree.byPath.has(one)) around.push(one);
  return around;
}

/** The steps that are open at first: all groups while the steps are few. */
export function firstOpened(tree: StepTree): Set<string> {
  const nodes = tree.byPath.size <= OPEN_UP_TO ? [...tree.byPath.values()] : [];
  return new Set(nodes.filter((node) => node.children.length > 0 && !isLoop(node)).map(({ path }) => path));
}
