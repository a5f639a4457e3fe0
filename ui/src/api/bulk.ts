import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import type { JobFilters } from "./jobs";
import { useChange } from "./mutation";

export type BulkAnswer = Schemas["BulkAnswer"];
export type BulkVerb = "cancel" | "rerun";

/** The jobs that are meant: by their ids, or all that pass a filter. */
export type BulkTarget = { ids: string[] } | { filter: JobFilters };

const PATHS = { cancel: "/api/jobs/bulk/cancel", rerun: "/api/jobs/bulk/rerun" } as const;

function send(verb: BulkVerb, target: BulkTarget, isDry: boolean, signal?: AbortSignal): Promise<BulkAnswer> {
  const body = { ...target, dry_run: isDry } as Schemas["BulkBody"];
  return dataOf(api.POST(PATHS[verb], { body, signal }));
}

/** How many jobs a verb would be about, and those that ran longest; nothing is done. */
export const bulkPlanQuery = (verb: BulkVerb, target: BulkTarget) =>
  queryOptions({
    queryKey: ["bulk", verb, target],
    queryFn: ({ signal }) => send(verb, target, true, signal),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** Does the verb to all of them; the answer tells which failed. */
export function useBulk(verb: BulkVerb) {
  return useChange((target: BulkTarget) => send(verb, target, false), [["jobs"], ["job"], ["counts"], ["queue"]]);
}
