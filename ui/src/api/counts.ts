import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";

/** The counters of the frame: jobs that run and that wait, and steps that wait for an answer. */
export const frameCountsQuery = queryOptions({
  queryKey: ["counts"],
  queryFn: async ({ signal }) => {
    const [jobs, approvals] = await Promise.all([
      dataOf(api.GET("/api/stats", { signal })),
      dataOf(api.GET("/api/approvals", { params: { query: { limit: 1 } }, signal })),
    ]);
    return { running: jobs.running ?? 0, waiting: jobs.pending ?? 0, approvals: approvals.total };
  },
});
