import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type QueueGroup = Schemas["QueueItem"];

/** What waits, in groups: ready steps by what they need of a worker, and numbers of those that wait for other things. */
export const queueQuery = queryOptions({
  queryKey: ["queue", "groups"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/queue", { signal })),
});

/** Live jobs, newest first, of which the queue shows those that wait. */
export const liveJobPagesQuery = (workspace: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["queue", "jobs", workspace],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/jobs", {
          params: { query: { status: "pending,running", workspace, limit: 200, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor || undefined,
    placeholderData: keepPreviousData,
  });

/** The exact blockers of one job and its steps, with a forecast. */
export const blockersQuery = (jobId: string) =>
  queryOptions({
    queryKey: ["queue", "blockers", jobId],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/jobs/{job_id}/waiting", { params: { path: { job_id: jobId } }, signal })),
  });
