import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import type { paths } from "./schema";

export type TriggerItem = Schemas["TriggerItem"];
export type UpcomingFire = Schemas["UpcomingFire"];
export type TriggerFilters = Omit<NonNullable<paths["/api/triggers"]["get"]["parameters"]["query"]>, "limit" | "after">;

/** The most fires of one trigger in a week that are drawn one by one; more are folded. */
const MOST_FIRES = 24;

/** Triggers of all workspaces that pass the filters, by workspace and name. */
export const triggerPagesQuery = (filters: TriggerFilters) =>
  infiniteQueryOptions({
    queryKey: ["triggers", "pages", filters],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/triggers", {
          params: { query: { ...filters, limit: 200, after: pageParam || undefined } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next || undefined,
    placeholderData: keepPreviousData,
  });

/** The fires of schedules in a span, those of frequent ones cut. */
export const upcomingQuery = (from: string, to: string, workspace: string | undefined) =>
  queryOptions({
    queryKey: ["triggers", "upcoming", from, to, workspace],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/triggers/upcoming", {
          params: { query: { from, to, workspace, each: MOST_FIRES, limit: 2000 } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
