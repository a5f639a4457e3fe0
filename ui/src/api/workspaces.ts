import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { messageOf } from "./error";
import { useChange } from "./mutation";

export type WorkspaceItem = Schemas["WorkspaceItem"];

/** All workspaces, with their conditions and what runs in them. */
export const workspacesQuery = queryOptions({
  queryKey: ["workspaces", "all"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/workspaces", { signal })),
});

/** The names of all workspaces, in order. */
export const workspaceNamesQuery = queryOptions({ ...workspacesQuery, select: namesOf });

function namesOf(workspaces: readonly WorkspaceItem[]): string[] {
  return workspaces.map(({ name }) => name).sort();
}

/** Polls the sources of the named workspaces now; gives those that could not be polled, each with the reason. */
export function useLookAtAll() {
  return useChange(
    async (names: string[]) => {
      const answers = await Promise.allSettled(
        names.map((workspace) =>
          api.POST("/api/workspaces/{workspace}/reconcile", { params: { path: { workspace } }, body: {} }),
        ),
      );
      return answers.flatMap((answer, index) =>
        answer.status === "rejected" ? [{ name: names[index] ?? "", reason: messageOf(answer.reason) }] : [],
      );
    },
    [["workspaces"]],
  );
}
