import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type JobItem = Schemas["JobItem"];

/** A page of jobs, newest first. */
export const jobsQuery = (query: { limit?: number; offset?: number; workspace?: string; status?: string }) =>
  queryOptions({
    queryKey: ["jobs", query],
    queryFn: ({ signal }) => dataOf(api.GET("/api/jobs", { params: { query }, signal })),
  });
