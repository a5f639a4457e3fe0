import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { parseJson } from "@/lib/json";
import { api, dataOf, type Schemas } from "./client";

export type Job = Schemas["JobDetail"];
export type Step = Schemas["StepDetail"];
export type JobSummary = Schemas["JobItem"];
export type Blocker = Schemas["Blocker"];
export type Field = Schemas["TaskField"];
export type Artifact = Schemas["Artifact"];
export type Change = Schemas["HistoryItem"];

const HISTORY_PAGE = 200;

/** Whether the job has not ended yet. */
export function isLive(job: { status: string }): boolean {
  return job.status === "pending" || job.status === "running";
}

/** A job with its steps. Values keep the digits of long numbers. */
export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id, "detail"],
    queryFn: async ({ signal }) => {
      const answer = api.GET("/api/jobs/{job_id}", { params: { path: { job_id: id } }, parseAs: "text", signal });
      return parseJson(await dataOf<string>(answer)) as Job;
    },
  });

/** What lists of jobs say about a job: its release, who started it, the reason in a line. */
export const jobSummaryQuery = (job: Job) =>
  queryOptions({
    queryKey: ["job", job.job_id, "summary"],
    queryFn: async ({ signal }) => {
      const until = new Date(Date.parse(job.created_at) + 2).toISOString();
      const query = { search: job.job_id, from: job.created_at, to: until, limit: 5 };
      const page = await dataOf(api.GET("/api/jobs", { params: { query }, signal }));
      return page.items.find((item) => item.job_id === job.job_id) ?? null;
    },
  });

/** What a live job and its steps wait for, and when it may end. */
export const waitingQuery = (job: Job) =>
  queryOptions({
    queryKey: ["job", job.job_id, "waiting"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/jobs/{job_id}/waiting", { params: { path: { job_id: job.job_id } }, signal })),
    enabled: isLive(job),
  });

/** The usual times of the task and its steps. */
export const usualQuery = (workspace: string, task: string) =>
  queryOptions({
    queryKey: ["task", workspace, task, "stats", 50],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/workspaces/{workspace}/tasks/{task}/stats", {
          params: { path: { workspace, task }, query: { limit: 50 } },
          signal,
        }),
      ),
    retry: false,
  });

/** The files that steps of the job have left. */
export const artifactsQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id, "artifacts"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/jobs/{job_id}/artifacts", { params: { path: { job_id: id } }, signal })),
  });

/** Jobs that this one started, or that run it again. */
export const relatedQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id, "related"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/jobs", { params: { query: { source_job_id: id, limit: 100 } }, signal })),
  });

/** All changes of the job and its steps, oldest first, page by page. */
export const historyQuery = (id: string, step?: string) =>
  infiniteQueryOptions({
    queryKey: ["job", id, "history", step ?? ""],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/jobs/{job_id}/history", {
          params: { path: { job_id: id }, query: { after: pageParam, limit: HISTORY_PAGE, step } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.more ? page.next : undefined),
  });
