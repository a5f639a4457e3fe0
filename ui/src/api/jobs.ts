import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import type { paths } from "./schema";

export type JobItem = Schemas["JobItem"];
export type JobFilters = Omit<
  NonNullable<paths["/api/jobs"]["get"]["parameters"]["query"]>,
  "limit" | "offset" | "cursor"
>;

const PAGE = 100;

/** Jobs that pass the filters, newest first, in pages that follow each other. */
export const jobPagesQuery = (filters: JobFilters) =>
  infiniteQueryOptions({
    queryKey: ["jobs", "pages", filters],
    queryFn: ({ pageParam, signal }) =>
      dataOf(api.GET("/api/jobs", { params: { query: { ...filters, limit: PAGE, cursor: pageParam } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor || undefined,
    placeholderData: keepPreviousData,
  });

/** The newest jobs that pass the filters. */
export const jobsQuery = (filters: JobFilters, limit: number) =>
  queryOptions({
    queryKey: ["jobs", "newest", filters, limit],
    queryFn: ({ signal }) => dataOf(api.GET("/api/jobs", { params: { query: { ...filters, limit } }, signal })),
  });

/** Numbers of the jobs that pass the filters by time and status, in 120 parts; those of the last 24 hours without `from`. */
export const histogramQuery = (filters: JobFilters) =>
  queryOptions({
    queryKey: ["jobs", "timeline", filters],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/stats/jobs/timeline", { params: { query: { ...filters, buckets: 120 } }, signal })),
    placeholderData: keepPreviousData,
  });
