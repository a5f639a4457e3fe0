import { queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { ApiError } from "./error";
import { useChange } from "./mutation";

export type Device = Schemas["Device"];

/** The program that waits with a code. A code that no program has is not asked for again. */
export function deviceQuery(code: string) {
  return queryOptions({
    queryKey: ["device", code],
    queryFn: ({ signal }) => dataOf(api.GET("/api/auth/device/{code}", { params: { path: { code } }, signal })),
    retry: (count, error) => !(error instanceof ApiError) && count < 2,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Lets a program in, or refuses it. */
export function useDecideDevice() {
  return useChange(
    ({ code, letsIn }: { code: string; letsIn: boolean }) =>
      letsIn
        ? dataOf(api.POST("/api/auth/device/{code}/approve", { params: { path: { code } } }))
        : dataOf(api.POST("/api/auth/device/{code}/deny", { params: { path: { code } } })),
    [],
  );
}
