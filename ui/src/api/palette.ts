import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";

/** Triggers whose name, task or workspace has the text. */
export const paletteTriggersQuery = (search: string) =>
  queryOptions({
    queryKey: ["triggers", "palette", search],
    queryFn: ({ signal }) => dataOf(api.GET("/api/triggers", { params: { query: { search, limit: 4 } }, signal })),
  });

/** Runs a task with the input of its newest job, or without one; gives the id of the new job. */
export async function runWithLastInput(workspace: string, task: string): Promise<string> {
  const query = { workspace, task_name: task, limit: 1 };
  const { items } = await dataOf(api.GET("/api/jobs", { params: { query } }));
  const [last] = items;
  const started = last
    ? await dataOf(
        api.POST("/api/jobs/{job_id}/rerun", { params: { path: { job_id: last.job_id } }, body: { failed: false } }),
      )
    : await dataOf(
        api.POST("/api/workspaces/{workspace}/tasks/{task}/execute", {
          params: { path: { workspace, task } },
          body: { input: {}, cache: true },
        }),
      );
  return started.job_id;
}

/** Looks at the source of a workspace now. */
export function lookAtWorkspace(workspace: string) {
  return dataOf(api.POST("/api/workspaces/{workspace}/reconcile", { params: { path: { workspace } }, body: {} }));
}

/** Pauses a trigger, or lets it start jobs again. */
export function setTriggerPaused(workspace: string, trigger: string, isPaused: boolean) {
  const name = { params: { path: { workspace, trigger } }, body: {} };
  return isPaused
    ? dataOf(api.POST("/api/workspaces/{workspace}/triggers/{trigger}/pause", name))
    : dataOf(api.POST("/api/workspaces/{workspace}/triggers/{trigger}/resume", name));
}
