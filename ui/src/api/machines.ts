import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { useChange } from "./mutation";

export type JoinTokenItem = Schemas["JoinTokenItem"];
export type NewJoinToken = Schemas["NewJoinToken"];
export type WantedJoinToken = Schemas["WantedJoinToken"];
export type IdentityItem = Schemas["IdentityItem"];

/** How often the lists are read: the server tells nobody of joins. */
const EVERY_MS = 10_000;

const TOKENS = ["workers", "join-tokens"];
const IDENTITIES = ["workers", "identities"];

/** Join tokens, the newest first. */
export const joinTokensQuery = queryOptions({
  queryKey: TOKENS,
  queryFn: ({ signal }) => dataOf(api.GET("/api/workers/join-tokens", { signal })),
  staleTime: 0,
  refetchInterval: EVERY_MS,
});

/** Identities of workers, by name. */
export const identitiesQuery = queryOptions({
  queryKey: IDENTITIES,
  queryFn: ({ signal }) => dataOf(api.GET("/api/workers/identities", { signal })),
  staleTime: 0,
  refetchInterval: EVERY_MS,
});

export function useCreateJoinToken() {
  return useChange((body: WantedJoinToken) => dataOf(api.POST("/api/workers/join-tokens", { body })), [TOKENS]);
}

export function useRevokeJoinToken() {
  return useChange(
    (prefix: string) => dataOf(api.DELETE("/api/workers/join-tokens/{prefix}", { params: { path: { prefix } } })),
    [TOKENS],
  );
}

export function useRevokeIdentity() {
  return useChange(
    (id: string) =>
      dataOf(api.POST("/api/workers/identities/{identity_id}/revoke", { params: { path: { identity_id: id } } })),
    [["workers"], ["worker"]],
  );
}
