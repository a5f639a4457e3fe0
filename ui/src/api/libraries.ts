import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";

/** The libraries of all workspaces, each once. */
export const librariesQuery = queryOptions({
  queryKey: ["libraries", "all"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/libraries", { signal })),
});
