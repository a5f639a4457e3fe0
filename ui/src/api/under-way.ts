import type { Middleware } from "openapi-fetch";
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
const sent = new Set<string>();

/** Counts the requests that change something until they are answered. */
export const countChanges: Middleware = {
  onRequest({ request, id }) {
    if (request.method !== "GET") changed(() => sent.add(id));
    return undefined;
  },
  onResponse({ id }) {
    changed(() => sent.delete(id));
    return undefined;
  },
  onError({ id }) {
    changed(() => sent.delete(id));
    return undefined;
  },
};

/** Whether a request that changes something waits for its answer. */
export function useIsUnderWay(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => sent.size > 0,
  );
}

function changed(change: () => void): void {
  change();
  for (const listener of listeners) listener();
}
