import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type TaskItem = Schemas["TaskItem"];
export type TaskOutcomes = Schemas["TaskOutcomesItem"];
export type Fire = Schemas["UpcomingFire"];

const OUTCOMES = 5000;
const FIRES = 2000;

/** The name of a task in all of the server, as a key. */
export function taskKey(workspace: string, task: string): string {
  return `${workspace}/${task}`;
}

/** The tasks of all workspaces. */
export const tasksQuery = queryOptions({
  queryKey: ["tasks", "all"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/tasks", { signal })),
});

/** How the last jobs of all tasks ended, by the key of the task. */
export const outcomesQuery = queryOptions({
  queryKey: ["tasks", "stats"],
  queryFn: async ({ signal }) => {
    const page = await dataOf(api.GET("/api/stats/tasks", { params: { query: { limit: OUTCOMES } }, signal }));
    return new Map(page.items.map((item) => [taskKey(item.workspace, item.task_name), item]));
  },
});

/** The next fire of a schedule of each task within 61 days, by the key of the task. */
export const nextFiresQuery = queryOptions({
  queryKey: ["triggers", "next"],
  queryFn: async ({ signal }) => {
    const to = new Date(Date.now() + 61 * 86_400_000).toISOString();
    const query = { each: 1, limit: FIRES, to };
    const { items } = await dataOf(api.GET("/api/triggers/upcoming", { params: { query }, signal }));
    const next = new Map<string, Fire>();
    for (const fire of items) {
      const key = taskKey(fire.workspace, fire.task);
      if (!next.has(key)) next.set(key, fire);
    }
    return next;
  },
});
