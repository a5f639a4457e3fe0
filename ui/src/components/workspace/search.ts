import { ACTS, type Act } from "@/lib/workspace-acts";

const TABS = ["mistakes", "changes", "files", "tasks", "libraries", "drift", "events", "releases"] as const;
export type TabName = (typeof TABS)[number];

/** What the URL of a workspace holds. */
export interface WorkspaceSearch {
  tab?: TabName;
  /** The release whose changes are shown. */
  release?: number;
  /** The release that it is compared with; without it the kept one before. */
  with?: number;
  /** What a dialog is open for. */
  act?: Act;
}

/** Reads the URL; whatever is unknown is left out. */
export function readSearch(raw: Record<string, unknown>): WorkspaceSearch {
  const search: WorkspaceSearch = {};
  const tab = TABS.find((one) => one === raw["tab"]);
  const act = ACTS.find((one) => one === raw["act"]);
  const [release, other] = [numberOf(raw["release"]), numberOf(raw["with"])];
  if (tab) search.tab = tab;
  if (release) search.release = release;
  if (other) search.with = other;
  if (act) search.act = act;
  return search;
}

function numberOf(value: unknown): number | undefined {
  return Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : undefined;
}
