import { isObject } from "@/lib/json";

const PANES = ["jobs", "triggers", "definition"] as const;
type Pane = (typeof PANES)[number];
export const SPANS = ["50", "7d", "90d"] as const;
export type Span = (typeof SPANS)[number];

/** What the URL of a task holds. */
export interface TaskSearch {
  pane?: Pane;
  /** The jobs that numbers and bars are of. */
  span?: Span;
  /** The form is open where it has no place of its own. */
  run?: true;
  /** Values that fill in the form. */
  input?: Record<string, unknown>;
  /** The job whose secrets the dots in `input` stand for. */
  from?: string;
}

/** Reads the URL; whatever is unknown is left out. */
export function readSearch(raw: Record<string, unknown>): TaskSearch {
  const search: TaskSearch = {};
  const pane = PANES.find((one) => one === raw["pane"]);
  const span = SPANS.find((one) => one === String(raw["span"]));
  if (pane && pane !== "jobs") search.pane = pane;
  if (span && span !== "50") search.span = span;
  if (raw["run"]) search.run = true;
  if (isObject(raw["input"])) search.input = raw["input"];
  if (typeof raw["from"] === "string") search.from = raw["from"];
  return search;
}
