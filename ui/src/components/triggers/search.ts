import type { TriggerFilters } from "@/api/triggers";
import { readTexts } from "@/lib/search";

const STATES = ["live", "paused", "disabled"] as const;

/** What the URL of the triggers holds. */
export interface TriggersSearch {
  view?: "week";
  q?: string;
  workspace?: string;
  type?: string;
  state?: (typeof STATES)[number];
}

export function readSearch(raw: Record<string, unknown>): TriggersSearch {
  const search: TriggersSearch = readTexts(raw, ["q", "workspace", "type"]);
  const state = STATES.find((one) => one === raw["state"]);
  if (state) search.state = state;
  if (raw["view"] === "week") search.view = "week";
  return search;
}

/** The API's filters for a URL. */
export function filtersOf({ q, workspace, type, state }: TriggersSearch): TriggerFilters {
  return { ...(q && { search: q }), ...(workspace && { workspace }), ...(type && { type }), ...(state && { state }) };
}

export function isFiltered({ view: _, ...filters }: TriggersSearch): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}
