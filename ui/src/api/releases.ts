import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type Release = Schemas["Release"];

const PAGE = 50;

/** The kept releases of a workspace, newest first, in pages. */
export const releasePagesQuery = (workspace: string) =>
  infiniteQueryOptions({
    queryKey: ["workspace", workspace, "releases"],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/workspaces/{workspace}/releases", {
          params: { path: { workspace }, query: { limit: PAGE, before: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** One release, also one that no page of the list was read for. */
export const releaseQuery = (workspace: string, number: number) =>
  queryOptions({
    queryKey: ["workspace", workspace, "release", number],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/workspaces/{workspace}/releases/{number}", {
          params: { path: { workspace, number: String(number) } },
          signal,
        }),
      ),
  });

/** The changes from one release to another. */
export const compareQuery = (workspace: string, number: number, other: number) =>
  queryOptions({
    queryKey: ["workspace", workspace, "compare", number, other],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/workspaces/{workspace}/releases/{number}/compare/{other}", {
          params: { path: { workspace, number: String(number), other: String(other) } },
          signal,
        }),
      ),
  });
