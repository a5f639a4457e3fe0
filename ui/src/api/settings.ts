import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type FollowedSettings = Schemas["FollowedSettings"];
export type EffectiveSetting = Schemas["EffectiveSetting"];

/** The state of the settings file and of the set of workspaces. */
export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/settings", { signal })),
});

/** All settings in effect with their origins; secrets are hidden. */
export const effectiveSettingsQuery = queryOptions({
  queryKey: ["settings", "effective"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/settings/effective", { signal })),
});
