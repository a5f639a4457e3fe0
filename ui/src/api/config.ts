import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "./client";

/** The server's version and ways to sign in. */
export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/config", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The ways to sign in as they are now: asked for again while a provider is away. */
export const waysQuery = queryOptions({
  ...configQuery,
  staleTime: 5000,
  refetchInterval: ({ state }) => state.data?.oidc_providers.some((provider) => !provider.is_available) && 5000,
});

/** The ways in which an account signs in, as people call them. */
export function useMethodNames(methods: readonly string[]): string[] {
  const providers = useQuery(configQuery).data?.oidc_providers ?? [];
  return methods.map((method) => providers.find((provider) => provider.id === method)?.display_name ?? method);
}
