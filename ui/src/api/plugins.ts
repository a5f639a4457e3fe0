import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";

export type Plugin = Schemas["PluginDetail"];
export type Contribution = Schemas["Contribution"];

/** The server's plugins; they stay the same until it starts again. */
export const pluginsQuery = queryOptions({
  queryKey: ["plugins"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/plugins", { signal })),
});
