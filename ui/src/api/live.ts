import { useSyncExternalStore } from "react";

/** Whether what is shown follows the server, in words. */
export interface LiveState {
  isConnected: boolean;
  label: string;
  words: string;
}

const state: LiveState = { isConnected: true, label: "Live", words: "This page follows the server." };

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    () => () => undefined,
    () => state,
  );
}
