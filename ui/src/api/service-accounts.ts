import { queryOptions } from "@tanstack/react-query";
import type { ApiKeyRequest } from "./account";
import { api, dataOf, type Schemas } from "./client";
import { useChange } from "./mutation";

export type ServiceAccountItem = Schemas["ServiceAccountItem"];

const ACCOUNTS = ["service-accounts"];

/** Accounts of programs, with their keys. */
export const serviceAccountsQuery = queryOptions({
  queryKey: ACCOUNTS,
  queryFn: async ({ signal }) => (await dataOf(api.GET("/api/service-accounts", { signal }))).items,
});

export function useCreateServiceAccount() {
  return useChange(
    (body: { name: string; groups: string[] }) => dataOf(api.POST("/api/service-accounts", { body })),
    [ACCOUNTS],
  );
}

/** What an administrator does with an account of a program. */
export type ServiceAccountChange =
  | { act: "groups"; groups: string[] }
  | { act: "disabled"; is_disabled: boolean }
  | { act: "delete" };

export function useChangeServiceAccount(name: string) {
  const at = { params: { path: { name } } };
  return useChange(
    (change: ServiceAccountChange): Promise<unknown> => {
      switch (change.act) {
        case "groups":
          return dataOf(api.PUT("/api/service-accounts/{name}/groups", { ...at, body: { groups: change.groups } }));
        case "disabled": {
          const body = { is_disabled: change.is_disabled };
          return dataOf(api.PUT("/api/service-accounts/{name}/disabled", { ...at, body }));
        }
        case "delete":
          return dataOf(api.DELETE("/api/service-accounts/{name}", at));
      }
    },
    [ACCOUNTS],
  );
}

export function useCreateServiceKey(name: string) {
  return useChange(
    (body: ApiKeyRequest) =>
      dataOf(api.POST("/api/service-accounts/{name}/api-keys", { params: { path: { name } }, body })),
    [ACCOUNTS],
  );
}

export function useDeleteServiceKey(name: string) {
  return useChange(
    (prefix: string) =>
      dataOf(api.DELETE("/api/service-accounts/{name}/api-keys/{prefix}", { params: { path: { name, prefix } } })),
    [ACCOUNTS],
  );
}
