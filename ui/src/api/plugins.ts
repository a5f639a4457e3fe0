import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type PluginInfo = Schemas["PluginInfo"];

/** The server's plugins; they stay the same until it starts again. */
export const pluginsQuery = queryOptions({
  queryKey: ["plugins"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/plugins", { signal })),
});
