import { queryOptions } from "@tanstack/react-query";
import { formatJson, parseJson } from "@/lib/json";
import { api, dataOf, type Schemas } from "./client";
import { ApiError, messageOf } from "./error";
import { asJson } from "./json-body";
import { useChange } from "./mutation";

export type Task = Schemas["TaskDetail"];
export type TaskField = Schemas["TaskField"];
export type FlowStep = Schemas["FlowStep"];
export type DryRun = Schemas["DryRun"];
export type TaskTrigger = Schemas["TriggerInfo"];
/** The input of a job: values by the names of the fields. */
export type Input = Record<string, unknown>;

const SHOWN_JOBS = 200;

/** A task with its input, flow and triggers. Values keep the digits of long numbers. */
export const taskQuery = (workspace: string, task: string) =>
  queryOptions({
    queryKey: ["task", workspace, task, "detail"],
    queryFn: async ({ signal }) => {
      const params = { path: { workspace, task } };
      const answer = api.GET("/api/workspaces/{workspace}/tasks/{task}", { params, parseAs: "text", signal });
      return parseJson(await dataOf<string>(answer)) as Task;
    },
  });

/** The newest jobs of a task: at most 200, and with `days` those of so many days. */
export const taskJobsQuery = (workspace: string, task: string, days: number) =>
  queryOptions({
    queryKey: ["task", workspace, task, "jobs", days],
    queryFn: ({ signal }) => {
      const from = days ? new Date(Date.now() - days * 86_400_000).toISOString() : undefined;
      const query = { workspace, task_name: task, limit: days ? SHOWN_JOBS : 50, from };
      return dataOf(api.GET("/api/jobs", { params: { query }, signal }));
    },
  });

/** The file of the release that defines the task, with its text; null when none is found. */
export const definitionQuery = (workspace: string, task: string) =>
  queryOptions({
    queryKey: ["task", workspace, task, "definition"],
    queryFn: async ({ signal }) => {
      const number = "current";
      const query = { under: ".workflows/", limit: 1000 };
      const list = await dataOf(
        api.GET("/api/workspaces/{workspace}/releases/{number}/files", {
          params: { path: { workspace, number }, query },
          signal,
        }),
      );
      const file = list.items.find((item) =>
        item.definitions.some(({ kind, name }) => kind === "task" && name === task),
      );
      if (!file) return null;
      return dataOf(
        api.GET("/api/workspaces/{workspace}/releases/{number}/files/{path}", {
          params: { path: { workspace, number, path: file.path } },
          signal,
        }),
      );
    },
  });

/** The options of a field that a job finds, given the other values of the form. */
export const fieldOptionsQuery = (workspace: string, task: string, field: string, input: Input) =>
  queryOptions({
    queryKey: ["task", workspace, task, "options", field, formatJson(input, 0)],
    queryFn: ({ signal }) => {
      const query = { field, input: formatJson(input, 0) };
      const params = { path: { workspace, task }, query };
      return dataOf(api.GET("/api/workspaces/{workspace}/tasks/{task}/options", { params, signal }));
    },
    retry: false,
    refetchOnWindowFocus: false,
  });

interface Start {
  input: Input;
  /** The job whose secrets stand behind the dots. */
  source?: string;
}

/** What the job would do with this input; nothing starts. */
export function useDryRun(workspace: string, task: string) {
  return useChange(
    (start: Start) =>
      dataOf(
        api.POST("/api/workspaces/{workspace}/tasks/{task}/dry-run", {
          params: { path: { workspace, task } },
          ...bodyOf(start),
        }),
      ),
    [],
  );
}

/** Starts a job. */
export function useRunTask(workspace: string, task: string) {
  return useChange(
    (start: Start) =>
      dataOf(
        api.POST("/api/workspaces/{workspace}/tasks/{task}/execute", {
          params: { path: { workspace, task } },
          ...bodyOf(start),
        }),
      ),
    [["task", workspace, task, "jobs"], ["jobs"], ["counts"]],
  );
}

/** The server's messages by the names of fields, and those about anything else. */
export function fieldErrors(error: unknown, names: readonly string[]): { of: Record<string, string>; other: string[] } {
  const errors: { of: Record<string, string>; other: string[] } = { of: {}, other: [] };
  if (!error) return errors;
  if (!(error instanceof ApiError) || Object.keys(error.fields).length === 0)
    return { of: {}, other: [messageOf(error)] };
  for (const [place, message] of Object.entries(error.fields)) {
    const name = place.replace(/^input\./, "");
    const field = names.find((one) => name === one || name.startsWith(`${one}.`) || name.startsWith(`${one}[`));
    if (!field) errors.other.push(`${place}: ${message}`);
    else errors.of[field] ??= name === field ? message : `${name.slice(field.length + 1)} ${message}`;
  }
  return errors;
}

function bodyOf({ input, source }: Start) {
  return asJson({ input, source_job_id: source, cache: true, pause_before: [] });
}
