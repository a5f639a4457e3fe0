import { queryOptions } from "@tanstack/react-query";
import { signIn } from "@/session/session";
import { api, dataOf, type Schemas } from "./client";
import { useChange } from "./mutation";

export type SessionItem = Schemas["SessionItem"];
export type ApiKeyItem = Schemas["KeyItem"];
export type ApiKeyRequest = Schemas["WantedKey"];
export type NewApiKey = Schemas["NewKey"];

const SESSIONS = ["account", "sessions"];
const KEYS = ["account", "api-keys"];

/** Signs in with a password. */
export function useSignIn() {
  return useChange(async (body: { email: string; password: string }) => {
    signIn((await dataOf(api.POST("/api/auth/login", { body }))).access_token);
  }, []);
}

/** Sets a new password by the token of a link. */
export function useResetPassword() {
  return useChange(
    (body: { token: string; new_password: string }) => dataOf(api.POST("/api/auth/reset", { body })),
    [],
  );
}

/** Sets one's own password, which ends one's other sessions. */
export function useChangePassword() {
  return useChange(
    (body: { current_password: string; new_password: string }) => dataOf(api.POST("/api/auth/password", { body })),
    [SESSIONS],
  );
}

/** One's sessions, of which one is that of this browser. */
export const sessionsQuery = queryOptions({
  queryKey: SESSIONS,
  queryFn: async ({ signal }) => (await dataOf(api.GET("/api/auth/sessions", { signal }))).items,
});

export function useEndSession() {
  return useChange(
    (session_id: string) => dataOf(api.DELETE("/api/auth/sessions/{session_id}", { params: { path: { session_id } } })),
    [SESSIONS],
    false,
  );
}

export function useEndOtherSessions() {
  return useChange(() => dataOf(api.POST("/api/auth/sessions/end-others")), [SESSIONS]);
}

export const apiKeysQuery = queryOptions({
  queryKey: KEYS,
  queryFn: ({ signal }) => dataOf(api.GET("/api/auth/api-keys", { signal })),
});

export function useCreateApiKey() {
  return useChange((body: ApiKeyRequest) => dataOf(api.POST("/api/auth/api-keys", { body })), [KEYS]);
}

export function useDeleteApiKey() {
  return useChange(
    (prefix: string) => dataOf(api.DELETE("/api/auth/api-keys/{prefix}", { params: { path: { prefix } } })),
    [KEYS],
  );
}
