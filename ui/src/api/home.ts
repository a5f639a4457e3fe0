import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type Timeline = Schemas["Timeline"];
export type Series = Schemas["TimelineSeries"];
export type Worker = Schemas["WorkerItem"];

/** A span of time by its bounds, as ISO times; open without them. */
export interface Span {
  from?: string;
  to?: string;
}

const DAY_MS = 86_400_000;

/** Jobs of the last 24 hours in 120 parts, by task: those with most failures first, the rest together. */
export const dayQuery = queryOptions({
  queryKey: ["jobs", "timeline", "day"],
  queryFn: ({ signal }) =>
    dataOf(
      api.GET("/api/stats/jobs/timeline", {
        params: { query: { group: "task", tasks: 7, buckets: 120 } },
        signal,
      }),
    ),
});

/** The failed jobs of a span, by default of a day, that ended last, and which of them a later attempt mended. */
export const failuresQuery = (span: Span) =>
  queryOptions({
    queryKey: ["jobs", "failures", span],
    queryFn: async ({ signal }) => {
      const from = span.from ?? new Date(Date.now() - DAY_MS).toISOString();
      const [failed, retries] = await Promise.all([
        dataOf(api.GET("/api/jobs", { params: { query: { status: "failed", limit: 20, from, to: span.to } }, signal })),
        dataOf(
          api.GET("/api/jobs", {
            params: { query: { status: "completed", source_type: "retry", from, limit: 50 } },
            signal,
          }),
        ),
      ]);
      const mended = new Map(retries.items.map((job) => [job.retry_of_job_id ?? "", job]));
      const items = failed.items.map((job) => ({ job, mendedBy: mended.get(job.job_id) }));
      const lastFirst = items.sort((one, other) => endOf(other).localeCompare(endOf(one)));
      return { total: failed.total, items: lastFirst.slice(0, 4) };
    },
  });

function endOf({ job, mendedBy = job }: { job: Schemas["JobItem"]; mendedBy?: Schemas["JobItem"] }): string {
  return mendedBy.completed_at ?? mendedBy.created_at;
}

/** Jobs that run now, the oldest of the newest last; those that were made in a span. */
export const runningQuery = (span: Span) =>
  queryOptions({
    queryKey: ["jobs", "running", span],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/jobs", { params: { query: { status: "running", limit: 7, ...span } }, signal })),
  });

/** The next fires of schedules within a day; of each trigger the first. */
export const upcomingQuery = queryOptions({
  queryKey: ["triggers", "upcoming", "next"],
  queryFn: ({ signal }) => {
    const to = new Date(Date.now() + DAY_MS).toISOString();
    return dataOf(api.GET("/api/triggers/upcoming", { params: { query: { to, each: 1, limit: 5 } }, signal }));
  },
});

/** Workers that live, with their slots. */
export const liveWorkersQuery = queryOptions({
  queryKey: ["workers", "live"],
  queryFn: async ({ signal }) => {
    const page = await dataOf(api.GET("/api/workers", { params: { query: { limit: 50 } }, signal }));
    const live = page.items.filter((worker) => worker.status === "active");
    return live.sort((one, other) => one.name.localeCompare(other.name));
  },
});
