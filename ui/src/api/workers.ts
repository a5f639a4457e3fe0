import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { useChange } from "./mutation";

export type WorkerItem = Schemas["WorkerItem"];
export type WorkerDetail = Schemas["WorkerDetail"];
export type WorkerResource = Schemas["WorkerResource"];
export type WorkerStep = Schemas["WorkerStep"];
/** What a person tells a worker. */
export type WorkerVerb = "cordon" | "drain" | "uncordon" | "remove";

const PAGE = 100;

/** Workers, active ones first. */
export const workerPagesQuery = infiniteQueryOptions({
  queryKey: ["workers", "pages"],
  queryFn: ({ pageParam, signal }) =>
    dataOf(api.GET("/api/workers", { params: { query: { limit: PAGE, offset: pageParam } }, signal })),
  initialPageParam: 0,
  getNextPageParam: (page, pages) => (pages.length * PAGE < page.total ? pages.length * PAGE : undefined),
});

/** How many live workers may do what, and their slots. */
export const workerSumsQuery = queryOptions({
  queryKey: ["workers", "sums"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/stats/workers", { signal })),
});

/** One worker with its last fifty steps. */
export const workerQuery = (id: string) =>
  queryOptions({
    queryKey: ["worker", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/workers/{worker_id}", { params: { path: { worker_id: id } }, signal })),
  });

/** Tells a worker to take no more steps, to end as well, or to go on; or removes one that is gone. */
export function useTellWorker(id: string) {
  return useChange(
    ({ verb, reason }: { verb: WorkerVerb; reason: string }): Promise<unknown> => {
      const request = { params: { path: { worker_id: id } }, body: { reason: reason || null } };
      if (verb === "cordon") return dataOf(api.POST("/api/workers/{worker_id}/cordon", request));
      if (verb === "remove") {
        const body = { ...request.body, force: false };
        return dataOf(api.POST("/api/workers/{worker_id}/remove", { ...request, body }));
      }
      if (verb === "drain") return dataOf(api.POST("/api/workers/{worker_id}/drain", request));
      return dataOf(api.POST("/api/workers/{worker_id}/uncordon", request));
    },
    [["workers"], ["worker", id], ["queue"]],
  );
}
