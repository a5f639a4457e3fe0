import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type FollowedSettings = Schemas["FollowedSettings"];

/** The state of the settings file and of the set of workspaces. */
export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/settings", { signal })),
});
