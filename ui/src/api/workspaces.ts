import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type WorkspaceItem = Schemas["WorkspaceItem"];

/** All workspaces, with their conditions and what runs in them. */
export const workspacesQuery = queryOptions({
  queryKey: ["workspaces", "all"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/workspaces", { signal })),
});

/** Polls the sources of the named workspaces now; gives the names of those that could not be polled. */
export function useLookAtAll() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (names: string[]) => {
      const answers = await Promise.allSettled(
        names.map((workspace) =>
          api.POST("/api/workspaces/{workspace}/reconcile", { params: { path: { workspace } }, body: {} }),
        ),
      );
      return names.filter((_, index) => answers[index]?.status === "rejected");
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["workspaces"] }),
  });
}
