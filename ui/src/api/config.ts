import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "./client";

/** The server's version and ways to sign in. */
export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/config", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});
