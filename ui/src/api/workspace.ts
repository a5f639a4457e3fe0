import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { useChange } from "./mutation";
import type { paths } from "./schema";

export type ReleasePlan = Schemas["ReleasePlan"];

const params = (workspace: string) => ({ path: { workspace } });

/** One workspace: what runs, what was seen at its source, and how the two stand to each other. */
export const workspaceQuery = (name: string) =>
  queryOptions({
    queryKey: ["workspace", name, "item"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/workspaces/{workspace}", { params: params(name), signal })),
  });

/** The mistakes of the revision that was last seen, with the lines around them. */
export const problemsQuery = (name: string) =>
  queryOptions({
    queryKey: ["workspace", name, "problems"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/workspaces/{workspace}/problems", { params: params(name), signal })),
  });

/** What a revision would change in the current release; without a ref, the followed one. */
export const planQuery = (name: string, ref?: string) =>
  queryOptions({
    queryKey: ["workspace", name, "plan", ref ?? ""],
    queryFn: ({ signal }) =>
      dataOf(api.POST("/api/workspaces/{workspace}/plan", { params: params(name), body: ref ? { ref } : {}, signal })),
    staleTime: 60_000,
  });

/** The tasks of the current release. */
export const workspaceTasksQuery = (name: string) =>
  queryOptions({
    queryKey: ["workspace", name, "tasks"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/workspaces/{workspace}/tasks", { params: params(name), signal })),
  });

type Verb = "reconcile" | "suspend" | "resume" | "pin" | "rollback" | "approve" | "drift/drop";
type Body<V extends Verb> = NonNullable<
  paths[`/api/workspaces/{workspace}/${V}`]["post"]["requestBody"]
>["content"]["application/json"];

/** Does something with a workspace. */
export function useWorkspaceAct<V extends Verb>(name: string, verb: V, showsError = true) {
  return useChange(
    (body: Body<V>) =>
      dataOf(
        api.POST(`/api/workspaces/{workspace}/${verb}` as "/api/workspaces/{workspace}/reconcile", {
          params: params(name),
          body: body as Body<"reconcile">,
        }),
      ),
    [["workspace", name], ["workspaces"], ["counts"]],
    showsError,
  );
}
