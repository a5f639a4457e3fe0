import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { parseJson } from "@/lib/json";
import { api, dataOf, type Schemas } from "./client";
import type { paths } from "./schema";

export type Job = Schemas["JobDetail"];
export type Step = Schemas["StepDetail"];
export type JobSummary = Schemas["JobItem"];
export type Blocker = Schemas["Blocker"];
export type Field = Schemas["TaskField"];
export type Artifact = Schemas["Artifact"];
export type Change = Schemas["HistoryItem"];

export type LoopItem = Schemas["LoopItem"];
export type LoopCell = Schemas["LoopCell"];
export type StepStatus = NonNullable<
  NonNullable<paths["/api/jobs/{job_id}/steps/{step}/items"]["get"]["parameters"]["query"]>["status"]
>;

const HISTORY_PAGE = 200;
const ITEMS_PAGE = 100;
/** Loops with more items than this, over the whole job, come without them. */
const MOST_ITEMS = 300;
const MOST_WITH_ITEMS = 3000;

/** Whether the job has not ended yet. */
export function isLive(job: { status: string }): boolean {
  return job.status === "pending" || job.status === "running";
}

const WHOLE_ID = 36;

/** The id of a job, from the id or a unique beginning of it. */
export async function wholeJobId(text: string): Promise<string> {
  if (text.length >= WHOLE_ID) return text;
  const query = { search: text, limit: 100 };
  const { items } = await dataOf(api.GET("/api/jobs", { params: { query } }));
  const found = items.filter(({ job_id }) => job_id.startsWith(text.toLowerCase()));
  if (found.length === 1 && found[0]) return found[0].job_id;
  const why = found.length > 1 ? `${found.length} jobs have ids` : "No job has an id";
  throw new Error(`${why} that ${found.length > 1 ? "begin" : "begins"} with “${text}”.`);
}

/** The id of the job that started this one or that it runs again; null for those that others started. */
export function originOf(job: Job): string | null {
  return job.source_job_id ?? (job.source_type === "task" ? job.source_id : null);
}

/**
 * A job with its steps. The items of its loops come along while they are few; those of long loops are read by
 * themselves. Values keep the digits of long numbers.
 */
export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id, "detail"],
    queryFn: async ({ signal, client, queryKey }) => {
      const before = client.getQueryData<Job>(queryKey);
      const hadItems = before?.steps.some((step) => step.loop_index !== null) && before.steps.length < MOST_WITH_ITEMS;
      if (hadItems) return readJob(id, "all", signal);
      const job = await readJob(id, "top", signal);
      const items = job.steps.reduce((sum, step) => sum + itemCount(step), 0);
      return items > 0 && items <= MOST_ITEMS ? readJob(id, "all", signal) : job;
    },
  });

async function readJob(id: string, steps: "all" | "top", signal: AbortSignal): Promise<Job> {
  const params = { path: { job_id: id }, query: { steps } };
  const text = await dataOf<string>(api.GET("/api/jobs/{job_id}", { params, parseAs: "text", signal }));
  return parseJson(text) as Job;
}

/** The number of items of a loop whose items were left out. */
export function itemCount(step: Step): number {
  return Object.values(step.loop_counts ?? {}).reduce((sum, count) => sum + count, 0);
}

/** What a live job and its steps wait for, and when it may end. */
export const waitingQuery = (job: Job) =>
  queryOptions({
    queryKey: ["job", job.job_id, "waiting"],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/jobs/{job_id}/waiting", { params: { path: { job_id: job.job_id } }, signal })),
    enabled: isLive(job),
  });

/** The usual times of the task and its steps. Each job that ends changes them a little, so they are not read live. */
export const usualQuery = (workspace: string, task: string) =>
  queryOptions({
    queryKey: ["usual", workspace, task],
    staleTime: 600_000,
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/workspaces/{workspace}/tasks/{task}/stats", {
          params: { path: { workspace, task }, query: { limit: 50 } },
          signal,
        }),
      ),
    retry: false,
  });

/** The usual times of steps by their paths, in milliseconds; without those that are not known. */
export function usualTimes(
  steps: readonly { step_name: string; p50_ms: number | null }[] = [],
): ReadonlyMap<string, number> {
  return new Map(steps.flatMap(({ step_name, p50_ms }) => (p50_ms ? [[step_name, p50_ms] as const] : [])));
}

/** The files that steps of the job have left; read anew when the number of completed steps changes. */
export const artifactsQuery = (id: string, completed: number) =>
  queryOptions({
    queryKey: ["artifacts", id, completed],
    placeholderData: keepPreviousData,
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

/** A loop at a glance: counts by status, and at most 200 cells. */
export const loopQuery = (id: string, step: string) =>
  queryOptions({
    queryKey: ["job", id, "loop", step],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/jobs/{job_id}/steps/{step}/items/summary", { params: { path: { job_id: id, step } }, signal }),
      ),
  });

/** The items of a loop that pass, failed ones first, page by page. */
export const loopItemsQuery = (id: string, step: string, status: StepStatus | undefined, search: string) =>
  infiniteQueryOptions({
    queryKey: ["job", id, "loop-items", step, status ?? "", search],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/jobs/{job_id}/steps/{step}/items", {
          params: {
            path: { job_id: id, step },
            query: { status, search: search || undefined, cursor: pageParam, limit: ITEMS_PAGE },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor || undefined,
    placeholderData: keepPreviousData,
  });

/** A step with the steps inside it, such as an item of a long loop, whose items do not come with the job. */
export const innerStepsQuery = (id: string, path: string) =>
  queryOptions({
    queryKey: ["job", id, "inside", path],
    queryFn: async ({ signal }) => {
      const params = { path: { job_id: id, step: path } };
      const text = await dataOf<string>(
        api.GET("/api/jobs/{job_id}/steps/{step}/inside", { params, parseAs: "text", signal }),
      );
      return (parseJson(text) as Schemas["InnerSteps"]).steps;
    },
    placeholderData: keepPreviousData,
  });
