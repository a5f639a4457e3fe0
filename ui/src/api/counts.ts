import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";

/** The counters of the frame: jobs, workspaces and approvals that need somebody, slots. */
export const frameCountsQuery = queryOptions({
  queryKey: ["counts"],
  queryFn: async ({ signal }) => {
    const [jobs, approvals, workspaces, workers] = await Promise.all([
      dataOf(api.GET("/api/stats", { signal })),
      dataOf(api.GET("/api/approvals", { params: { query: { limit: 1 } }, signal })),
      dataOf(api.GET("/api/workspaces", { signal })),
      dataOf(api.GET("/api/stats/workers", { signal })),
    ]);
    return {
      running: jobs.running ?? 0,
      waiting: jobs.pending ?? 0,
      approvals: approvals.total + workspaces.filter(({ waiting }) => waiting?.reasons.includes("approval")).length,
      stalled: workspaces.filter((workspace) => workspace.error !== null && workspace.error !== undefined).length,
      slots: workers.slots,
      slotsTaken: workers.used,
    };
  },
});
