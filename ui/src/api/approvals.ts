import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type Approvals = Schemas["ApprovalsPage"];
export type Approval = Schemas["ApprovalItem"];

/** Steps that wait for the answer of a person, newest first. */
export const approvalsQuery = queryOptions({
  queryKey: ["approvals", "list"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/approvals", { params: { query: { limit: 200 } }, signal })),
});
