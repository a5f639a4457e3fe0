import { type State, stateOf } from "@/components/ui/state-glyph";
import type { StepNode } from "./step-tree";

/** What matters most comes first: the state of a cell is the first one of its items. */
const WORST: readonly State[] = [
  "failed",
  "running",
  "waiting",
  "suspended",
  "cancelled",
  "pending",
  "skipped",
  "completed",
];

/** Items next to each other, drawn as one: the first index, how many, and the worst state among them. */
export interface Cell {
  from: number;
  size: number;
  state: State;
}

/** The items of a loop in at most `most` cells of equal size. */
export function cellsOf(states: readonly State[], most = 200): Cell[] {
  const size = Math.max(Math.ceil(states.length / most), 1);
  const cells: Cell[] = [];
  for (let from = 0; from < states.length; from += size) {
    const inside = states.slice(from, from + size);
    const state = WORST.find((one) => inside.includes(one)) ?? "pending";
    cells.push({ from, size: inside.length, state });
  }
  return cells;
}

/** The number of items in each state that occurs, in the order of the chips. */
export function stateCounts(states: readonly State[]): [State, number][] {
  const counts = new Map<State, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const order: State[] = ["completed", "failed", "running", "waiting", "pending", "skipped", "cancelled", "suspended"];
  return order.flatMap((state) => (counts.has(state) ? [[state, counts.get(state) ?? 0] as [State, number]] : []));
}

/** The items that pass, the failed ones first, then those that run, then by index. */
export function itemsShown(items: readonly StepNode[], state: State | null, text: string): StepNode[] {
  const wanted = text.trim().toLowerCase();
  const passes = (node: StepNode) => {
    if (state && stateOf(node.step.status) !== state) return false;
    return !wanted || searched(node).includes(wanted);
  };
  const rank = (node: StepNode) => {
    const at = stateOf(node.step.status);
    return at === "failed" ? 0 : at === "running" ? 1 : 2;
  };
  return items.filter(passes).sort((a, b) => rank(a) - rank(b) || indexOf(a) - indexOf(b));
}

/** What a line of the list says behind the item's name: the error, the reason, or its value. */
export function itemWords(node: StepNode): string {
  return errorLine(node.step.error_message) ?? node.step.skip_reason ?? itemValue(node);
}

/** The line of an error that says most: what the process wrote, or its exit code. */
export function errorLine(error: string | null): string | null {
  if (!error) return null;
  const [first = "", ...rest] = error.split("\n").filter((line) => line.trim());
  const written = rest.join(" ").replace(/^Stderr:\s*/, "");
  return /^Exit code: \d+$/.test(first) && written ? written : first;
}

function itemValue(node: StepNode): string {
  const source = node.parent?.step.for_each_expr;
  const value = Array.isArray(source) ? source[indexOf(node)] : undefined;
  return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
}

function searched(node: StepNode): string {
  return `${node.path} ${itemWords(node)} ${itemValue(node)} ${JSON.stringify(node.step.input ?? "")}`.toLowerCase();
}

function indexOf(node: StepNode): number {
  return node.step.loop_index ?? 0;
}
