import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";

/** The names of all workspaces, in order. */
export const workspaceNamesQuery = queryOptions({
  queryKey: ["workspaces", "names"],
  queryFn: async ({ signal }) => (await dataOf(api.GET("/api/workspaces", { signal }))).map(({ name }) => name).sort(),
});
