import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import type { paths } from "./schema";

export type Queue = Schemas["Queue"];
export type QueueStep = Schemas["QueueStep"];
export type QueueFilter = Pick<
  NonNullable<paths["/api/queue/steps"]["get"]["parameters"]["query"]>,
  "held" | "ability" | "tags" | "resources"
>;

const PAGE = 50;

/** What waits, in groups: ready steps by what they need of a worker, and numbers of those that wait for other things. */
export const queueQuery = queryOptions({
  queryKey: ["queue", "groups"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/queue", { signal })),
});

/** The waiting steps of a group, in the order of the queue, each with what blocks it. */
export const queueStepsQuery = (filter: QueueFilter) =>
  infiniteQueryOptions({
    queryKey: ["queue", "steps", filter],
    queryFn: ({ pageParam, signal }) =>
      dataOf(api.GET("/api/queue/steps", { params: { query: { ...filter, limit: PAGE, cursor: pageParam } }, signal })),
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
