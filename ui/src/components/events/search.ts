import type { EventFilters } from "@/api/events";
import { kindWords } from "@/lib/kind";
import { readTexts } from "@/lib/search";

const SEVERITIES = ["info", "warning", "error"] as const;

/** What the URL of the events holds. */
export interface EventsSearch {
  workspace?: string;
  kind?: NonNullable<EventFilters["kind"]>;
  severity?: (typeof SEVERITIES)[number];
  by?: string;
  q?: string;
}

/** The kinds of events, with their words. */
export const KINDS = (
  [
    "pushed",
    "fetched",
    "unchanged",
    "released",
    "rejected",
    "waiting",
    "failed",
    "recovered",
    "rolled_back",
    "suspended",
    "resumed",
    "pinned",
    "unpinned",
    "approved",
    "overridden",
    "override_dropped",
    "library_changed",
    "library_failed",
    "workspace_added",
    "workspace_changed",
    "workspace_removed",
    "approval_reminder",
    "trigger_fired",
    "trigger_failed",
    "trigger_cut",
    "trigger_backfill",
    "consumer_stopped",
    "worker_cordoned",
    "worker_drained",
    "worker_uncordoned",
    "worker_removed",
  ] as const satisfies readonly NonNullable<EventFilters["kind"]>[]
).map((kind) => [kind, kindWords(kind)] as const);

export const SEVERITY_WORDS = [
  ["info", "all is well"],
  ["warning", "warnings"],
  ["error", "errors"],
] as const;

export function readSearch(raw: Record<string, unknown>): EventsSearch {
  const kind = KINDS.find(([one]) => one === raw["kind"])?.[0];
  const severity = SEVERITIES.find((one) => one === raw["severity"]);
  return {
    ...readTexts(raw, ["workspace", "by", "q"]),
    ...(kind && { kind }),
    ...(severity && { severity }),
  };
}

/** The API's filters for a URL. */
export function filtersOf({ q, ...filters }: EventsSearch): EventFilters {
  return q ? { ...filters, search: q } : filters;
}
