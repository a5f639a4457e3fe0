import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type Approval = Schemas["ApprovalItem"];
export type ApprovalField = Schemas["TaskField"];

/** Steps that wait for the answer of a person, newest first. */
export const approvalsQuery = queryOptions({
  queryKey: ["approvals", "list"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/approvals", { params: { query: { limit: 200 } }, signal })),
});

/** Approves the files of a revision that waits; `manifest` is what was shown. */
export function useApproveRevision(workspace: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (manifest: string) =>
      dataOf(api.POST("/api/workspaces/{workspace}/approve", { params: { path: { workspace } }, body: { manifest } })),
    meta: { showsError: true },
    onSettled: () => {
      for (const key of [["workspaces"], ["workspace", workspace], ["counts"]]) {
        cache.invalidateQueries({ queryKey: key });
      }
    },
  });
}
