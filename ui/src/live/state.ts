import { useSyncExternalStore } from "react";

/** How the page follows the server, and since when it does not. */
export interface LiveState {
  way: "socket" | "events" | "polling" | "off" | "starting";
  /** When the connection was lost, in milliseconds; 0 while there is one. */
  lostAt: number;
  /** When the next try is due, in milliseconds. */
  retryAt: number;
}

const listeners = new Set<() => void>();
let state: LiveState = { way: "starting", lostAt: 0, retryAt: 0 };

export function setLiveState(next: LiveState): void {
  state = next;
  for (const listener of listeners) listener();
}

export function liveState(): LiveState {
  return state;
}

export function useLiveState(): LiveState {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, liveState);
}
