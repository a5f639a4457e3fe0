import { readTexts } from "@/lib/search";

const SORTS = ["path", "success", "p50", "p95", "next", "last"] as const;
export type Sort = (typeof SORTS)[number];

/** What the URL of the list of tasks holds. */
export interface TasksSearch {
  workspace?: string;
  folder?: string;
  q?: string;
  /** The column that orders the rows; `-` before it turns the order. */
  sort?: string;
}

/** Reads the URL; whatever is unknown is left out. */
export function readSearch(raw: Record<string, unknown>): TasksSearch {
  const search: TasksSearch = readTexts(raw, ["workspace", "folder", "q"]);
  const sort = String(raw["sort"] ?? "");
  if ((SORTS as readonly string[]).includes(sort.replace(/^-/, ""))) search.sort = sort;
  return search;
}

/** The column and the direction in a `sort` of the URL. */
export function sortOf(sort: string | undefined): { column: Sort | undefined; isDown: boolean } {
  return { column: sort?.replace(/^-/, "") as Sort | undefined, isDown: !!sort?.startsWith("-") };
}
