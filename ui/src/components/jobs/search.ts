import type { JobFilters } from "@/api/jobs";
import { readTexts } from "@/lib/search";

/** What the URL of the list of jobs holds. */
export interface JobsSearch {
  status?: string;
  workspace?: string;
  task?: string;
  folder?: string;
  source?: string;
  who?: string;
  /** Jobs that this one started, by its id. */
  parent?: string;
  /** The number of a release of the workspace. */
  release?: string;
  /** The beginning of a commit. */
  commit?: string;
  q?: string;
  /** A span up to now, in hours; or bounds. */
  hours?: number;
  from?: string;
  to?: string;
}

const TEXTS = [
  "status",
  "workspace",
  "task",
  "folder",
  "source",
  "who",
  "parent",
  "release",
  "commit",
  "q",
  "from",
  "to",
] as const;

/** Reads the URL; whatever is no filter is left out. */
export function readSearch(raw: Record<string, unknown>): JobsSearch {
  const search: JobsSearch = readTexts(raw, TEXTS);
  const hours = Number(raw["hours"]);
  if (hours > 0) search.hours = hours;
  return search;
}

/** The API's filters for a URL. A span of hours begins at a whole minute, so that the same list has the same key. */
export function filtersOf(search: JobsSearch, now = Date.now()): JobFilters {
  const from = search.hours
    ? new Date(Math.floor(now / 60_000 - search.hours * 60) * 60_000).toISOString()
    : search.from;
  const filters: JobFilters = {
    status: search.status,
    workspace: search.workspace,
    task_name: search.workspace ? search.task : undefined,
    folder: search.workspace ? search.folder : undefined,
    source_type: search.source,
    who: search.who,
    source_job_id: search.parent,
    release: (search.workspace && Number(search.release)) || undefined,
    revision: search.commit,
    search: search.q,
    from,
    to: search.to,
  };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value)) as JobFilters;
}

export function isFiltered(search: JobsSearch): boolean {
  return Object.values(search).some((value) => value !== undefined);
}
