import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import type { paths } from "./schema";

export type EventItem = Schemas["EventItem"];
export type EventFilters = Omit<
  NonNullable<paths["/api/events"]["get"]["parameters"]["query"]>,
  "limit" | "before" | "after"
>;

/** The events of a workspace, newest first, in pages that follow each other. */
export const workspaceEventPagesQuery = (workspace: string) =>
  infiniteQueryOptions({
    queryKey: ["workspace", workspace, "events"],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/workspaces/{workspace}/events", {
          params: { path: { workspace }, query: { limit: 50, before: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** Events that pass the filters, newest first, in pages that follow each other. */
export const eventPagesQuery = (filters: EventFilters) =>
  infiniteQueryOptions({
    queryKey: ["events", "pages", filters],
    queryFn: ({ pageParam, signal }) =>
      dataOf(api.GET("/api/events", { params: { query: { ...filters, limit: 100, before: pageParam } }, signal })),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
