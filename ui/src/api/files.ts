import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type FileItem = Schemas["FileItem"];
export type FileText = Schemas["FileText"];
/** A release by its number, the one that is `current`, or the `newest` revision, which may be no release. */
export type Base = number | "current" | "newest";

/** The files of a release or revision, up to a bound. */
export interface Files {
  release: number | null;
  revision: string;
  items: FileItem[];
  total: number;
}

const PAGE = 1000;
const MOST_FILES = 10_000;

/** The files of a release by path: at most 10,000; `total` says how many there are. */
export const filesQuery = (workspace: string, base: Base) =>
  queryOptions({
    queryKey: ["workspace", workspace, "files", base],
    queryFn: async ({ signal }): Promise<Files> => {
      const items: FileItem[] = [];
      for (let after: string | undefined; ; ) {
        const page = await dataOf(
          api.GET("/api/workspaces/{workspace}/releases/{number}/files", {
            params: { path: { workspace, number: String(base) }, query: { limit: PAGE, after } },
            signal,
          }),
        );
        items.push(...page.items);
        if (page.next === null || items.length >= MOST_FILES)
          return { release: page.release, revision: page.revision, items, total: page.total };
        after = page.next;
      }
    },
  });

/** A file of a release with its text, in which dots stand for secrets. */
export const fileQuery = (workspace: string, base: Base, path: string) =>
  queryOptions({
    queryKey: ["workspace", workspace, "file", base, path],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/workspaces/{workspace}/releases/{number}/files/{path}", {
          params: { path: { workspace, number: String(base), path } },
          signal,
        }),
      ),
  });

/** Texts of files by their paths; null for a path that has none. The `revision` tells states of `newest` apart. */
export const textsQuery = (workspace: string, base: Base, revision: string, paths: readonly string[]) =>
  queryOptions({
    queryKey: ["workspace", workspace, "texts", base, revision, paths],
    queryFn: async ({ client }): Promise<Record<string, string | null>> => {
      const at = <Query extends object>(query: Query, key: string) => ({
        ...query,
        queryKey: ["workspace", workspace, "at", revision, base, key],
      });
      const files = await client.fetchQuery(at(filesQuery(workspace, base), ""));
      const known = new Set(files.items.map((item) => item.path));
      const texts = paths.map(async (path) => {
        const file = known.has(path) ? await client.fetchQuery(at(fileQuery(workspace, base, path), path)) : null;
        return [path, file?.text ?? null] as const;
      });
      return Object.fromEntries(await Promise.all(texts));
    },
    gcTime: 0,
  });
