import type { QueryClient } from "@tanstack/react-query";
import { LiveConnection } from "./connection";
import { Invalidator } from "./invalidator";
import type { Notice } from "./notice";
import { type LiveState, setLiveState } from "./state";

type Message = { notice: Notice } | { state: LiveState } | { ask: true };

const NAME = "stroem-live";

/**
 * Follows the server: one tab of the browser, the holder of a lock, has the connection, and passes on what it hears.
 * Without locks (a page over plain http of another host) each tab has a connection of its own.
 */
export function startLive(queries: QueryClient): void {
  const invalidator = new Invalidator(queries);
  if (!navigator.locks || typeof BroadcastChannel === "undefined") {
    connection = new LiveConnection((notice) => invalidator.take(notice), setLiveState);
    return;
  }
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if ("notice" in data) invalidator.take(data.notice);
    else if ("state" in data) setLiveState(data.state);
    else if (connection) channel.postMessage({ state: lastState } satisfies Message);
  };
  channel.postMessage({ ask: true } satisfies Message);
  let lastState: LiveState = { way: "starting", lostAt: 0, retryAt: 0 };
  navigator.locks.request(NAME, () => {
    connection = new LiveConnection(
      (notice) => {
        invalidator.take(notice);
        channel.postMessage({ notice } satisfies Message);
      },
      (state) => {
        lastState = state;
        setLiveState(state);
        channel.postMessage({ state } satisfies Message);
      },
    );
    return new Promise<never>(() => undefined);
  });
}

let connection: LiveConnection | undefined;

/** Tries to connect at once, in the tab that holds the connection. */
export function retryLive(): void {
  connection?.retryNow();
}
