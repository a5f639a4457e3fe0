import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { useChange } from "./mutation";

export type TriggerDetail = Schemas["TriggerDetail"];
export type TriggerFire = Schemas["TriggerFire"];
export type Backfill = Schemas["Backfill"];
export type BackfillBody = Schemas["BackfillBody"];
export type DeadLetter = Schemas["DeadLetter"];
export type HookDelivery = Schemas["HookDelivery"];
export type DeliveryDetail = Schemas["DeliveryDetail"];
export type TestedRequest = Schemas["TestedRequest"];
export type TestedHook = Schemas["TestedHook"];

/** A trigger by its place. */
export interface TriggerName {
  workspace: string;
  trigger: string;
}

const PAGE = 50;
const path = (name: TriggerName) => ({ path: { workspace: name.workspace, trigger: name.trigger } });
const key = (name: TriggerName, ...more: string[]) => ["trigger", name.workspace, name.trigger, ...more];

export const triggerQuery = (name: TriggerName) =>
  queryOptions({
    queryKey: key(name, "detail"),
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/workspaces/{workspace}/triggers/{trigger}", { params: path(name), signal })),
  });

/** Requests to a webhook, newest first. */
export const deliveriesQuery = (name: TriggerName) =>
  infiniteQueryOptions({
    queryKey: key(name, "deliveries"),
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/workspaces/{workspace}/triggers/{trigger}/deliveries", {
          params: { ...path(name), query: { limit: PAGE, offset: pageParam } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (page.has_more ? pages.length * PAGE : undefined),
  });

/** A request to a webhook with its content, and its answer. */
export const deliveryQuery = (name: TriggerName, number: number) =>
  queryOptions({
    queryKey: key(name, "delivery", String(number)),
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/deliveries/{number}", { params: { path: { number: String(number) } }, signal })),
  });

/** Events of an event source that could not start a job, newest first. */
export const deadLettersQuery = (name: TriggerName) =>
  infiniteQueryOptions({
    queryKey: key(name, "dead-letters"),
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/workspaces/{workspace}/triggers/{trigger}/dead-letters", {
          params: { ...path(name), query: { limit: PAGE, offset: pageParam } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (pages.length * PAGE < page.total ? pages.length * PAGE : undefined),
  });

/** A change of a trigger, after which all that is shown of it is read anew. */
function useTriggerMutation<Variables, Data>(
  name: TriggerName,
  change: (variables: Variables) => Promise<Data>,
  showsError = true,
) {
  return useChange(change, [key(name), ["triggers"], ["workspaces"]], showsError);
}

export const usePauseTrigger = (name: TriggerName) =>
  useTriggerMutation(name, (reason: string) =>
    dataOf(
      api.POST("/api/workspaces/{workspace}/triggers/{trigger}/pause", {
        params: path(name),
        body: { reason: reason || null },
      }),
    ),
  );

export const useResumeTrigger = (name: TriggerName) =>
  useTriggerMutation(
    name,
    () => dataOf(api.POST("/api/workspaces/{workspace}/triggers/{trigger}/resume", { params: path(name), body: {} })),
    false,
  );

export const useFireTrigger = (name: TriggerName) =>
  useTriggerMutation(name, (reason: string) =>
    dataOf(
      api.POST("/api/workspaces/{workspace}/triggers/{trigger}/fire", {
        params: path(name),
        body: { reason: reason || null },
      }),
    ),
  );

export const useBackfill = (name: TriggerName) =>
  useTriggerMutation(name, (body: BackfillBody) =>
    dataOf(api.POST("/api/workspaces/{workspace}/triggers/{trigger}/backfill", { params: path(name), body })),
  );

export const useCancelBackfill = (name: TriggerName) =>
  useTriggerMutation(
    name,
    (backfill: string) =>
      dataOf(
        api.POST("/api/workspaces/{workspace}/triggers/{trigger}/backfills/{backfill}/cancel", {
          params: { path: { ...path(name).path, backfill } },
          body: {},
        }),
      ),
    false,
  );

/** Tries dead letters again; all without ids. */
export const useRetryLetters = (name: TriggerName) =>
  useTriggerMutation(
    name,
    (ids: number[] | null) =>
      dataOf(
        api.POST("/api/workspaces/{workspace}/triggers/{trigger}/dead-letters/retry", {
          params: path(name),
          body: { ids },
        }),
      ),
    false,
  );

/** Drops dead letters; all without ids. */
export const useDropLetters = (name: TriggerName) =>
  useTriggerMutation(name, (ids: number[] | null) =>
    dataOf(
      api.POST("/api/workspaces/{workspace}/triggers/{trigger}/dead-letters/drop", {
        params: path(name),
        body: { ids },
      }),
    ),
  );

export const useRedeliver = (name: TriggerName) =>
  useTriggerMutation(
    name,
    (number: number) =>
      dataOf(api.POST("/api/deliveries/{number}/redeliver", { params: { path: { number: String(number) } } })),
    false,
  );

/** Tells what a request would do; nothing is started. */
export const useTestHook = (name: TriggerName) =>
  useChange(
    (body: TestedRequest) =>
      dataOf(api.POST("/api/workspaces/{workspace}/triggers/{trigger}/deliveries/test", { params: path(name), body })),
    [],
  );
