import { queryOptions, useQuery } from "@tanstack/react-query";
import { useSession } from "@/session/session";
import { api, dataOf, type Schemas } from "./client";

export type Me = Schemas["Me"];

const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/auth/me", { signal })),
});

/** Who is signed in; nobody while that is not known and where sign-in is off. */
export function useMe(): Me | undefined {
  const { status } = useSession();
  return useQuery({ ...meQuery, enabled: status === "in" }).data;
}
