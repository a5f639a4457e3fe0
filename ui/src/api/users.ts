import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { useChange } from "./mutation";

export type UserItem = Schemas["UserItem"];

const PAGE = 100;
const USERS = ["users"];

const at = (user_id: string) => ({ params: { path: { user_id } } });

/** Users by e-mail address. */
export const userPagesQuery = infiniteQueryOptions({
  queryKey: [...USERS, "pages"],
  queryFn: ({ pageParam, signal }) =>
    dataOf(api.GET("/api/users", { params: { query: { limit: PAGE, offset: pageParam } }, signal })),
  initialPageParam: 0,
  getNextPageParam: (page, pages) => (pages.length * PAGE < page.total ? pages.length * PAGE : undefined),
});

/** The names of all groups that somebody is in. */
export const groupsQuery = queryOptions({
  queryKey: [...USERS, "groups"],
  queryFn: async ({ signal }) => (await dataOf(api.GET("/api/groups", { signal }))).groups,
});

/** The sessions of a user. */
export const userSessionsQuery = (user: string) =>
  queryOptions({
    queryKey: [...USERS, user, "sessions"],
    queryFn: async ({ signal }) =>
      (await dataOf(api.GET("/api/users/{user_id}/sessions", { ...at(user), signal }))).items,
  });

export interface NewUser {
  email: string;
  name?: string;
  groups: string[];
  is_admin: boolean;
}

export function useCreateUser() {
  return useChange((body: NewUser) => dataOf(api.POST("/api/users", { body })), [USERS]);
}

/** What an administrator does with a user. */
export type UserChange =
  | { act: "groups"; groups: string[] }
  | { act: "admin"; is_admin: boolean }
  | { act: "disabled"; is_disabled: boolean }
  | { act: "end-sessions" }
  | { act: "delete" };

export function useChangeUser(user: string) {
  return useChange(
    (change: UserChange): Promise<unknown> => {
      switch (change.act) {
        case "groups":
          return dataOf(api.PUT("/api/users/{user_id}/groups", { ...at(user), body: { groups: change.groups } }));
        case "admin":
          return dataOf(api.PUT("/api/users/{user_id}/admin", { ...at(user), body: { is_admin: change.is_admin } }));
        case "disabled": {
          const body = { is_disabled: change.is_disabled };
          return dataOf(api.PUT("/api/users/{user_id}/disabled", { ...at(user), body }));
        }
        case "end-sessions":
          return dataOf(api.POST("/api/users/{user_id}/end-sessions", at(user)));
        case "delete":
          return dataOf(api.DELETE("/api/users/{user_id}", at(user)));
      }
    },
    [USERS],
  );
}

/** Makes a link by which a user sets a new password. */
export function useMakeResetLink(user: string) {
  return useChange(() => dataOf(api.POST("/api/users/{user_id}/reset-link", at(user))), []);
}
