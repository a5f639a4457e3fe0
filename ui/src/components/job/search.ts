import { readTexts } from "@/lib/search";

export const TABS = ["steps", "values", "artifacts", "jobs", "history"] as const;
export type JobTab = (typeof TABS)[number];

/** What the URL of a job holds: the pane, the selected step with its attempt, and lines of its log. */
export interface JobSearch {
  tab?: JobTab;
  step?: string;
  attempt?: number;
  line?: string | number;
}

/** Reads the URL; whatever has no meaning is left out. */
export function readJobSearch(raw: Record<string, unknown>): JobSearch {
  const search: JobSearch = readTexts(raw, ["step"]);
  const tab = TABS.find((one) => one === raw["tab"]);
  if (tab && tab !== "steps") search.tab = tab;
  const attempt = Number(raw["attempt"]);
  if (Number.isInteger(attempt) && attempt > 0) search.attempt = attempt;
  const line = raw["line"];
  if (typeof line === "string" || typeof line === "number") search.line = line;
  return search;
}
