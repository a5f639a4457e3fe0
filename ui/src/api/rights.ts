import { queryOptions, useQuery } from "@tanstack/react-query";
import { useSession } from "@/session/session";
import { api, dataOf } from "./client";

/** All verbs and roles. */
export const verbsQuery = queryOptions({
  queryKey: ["rights", "verbs"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/auth/verbs", { signal })),
});

/** A place of rights: a task of a workspace, a workspace, or without both the server. */
export interface Place {
  workspace?: string;
  task?: string;
}

const myVerbsQuery = (place: Place) =>
  queryOptions({
    queryKey: ["rights", "mine", place],
    queryFn: async ({ signal }) =>
      (await dataOf(api.GET("/api/auth/my-verbs", { params: { query: place }, signal }))).verbs,
  });

/** Whether one has a verb at a place: where sign-in is off always. Unknown until it is known, and if it cannot be read. */
export function useMay(verb: string, place: Place = {}): boolean | undefined {
  const { status } = useSession();
  const verbs = useQuery({ ...myVerbsQuery(place), enabled: status === "in" }).data;
  return status === "off" ? true : verbs?.includes(verb);
}

/** Why one may not do something at a place; nothing if one may, and while that is not known. */
export function useRefusal(verb: string, place: Place = {}): string | undefined {
  return useMay(verb, place) === false ? `You may not do this: the right ${verb} is needed.` : undefined;
}
