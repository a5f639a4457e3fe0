import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { useChange } from "./mutation";

export type LibraryItem = Schemas["LibraryItem"];

/** The libraries of all workspaces, each once. */
export const librariesQuery = queryOptions({
  queryKey: ["libraries", "all"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/libraries", { signal })),
});

/** Polls the source of a library now. */
export function useLookAtLibrary() {
  return useChange(
    (library: string) =>
      dataOf(api.POST("/api/libraries/{library}/reconcile", { params: { path: { library } }, body: {} })),
    [["libraries"], ["workspaces"], ["workspace"]],
    false,
  );
}
