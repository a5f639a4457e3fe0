import type { QueryClient } from "@tanstack/react-query";
import { LiveConnection } from "./connection";
import { Invalidator } from "./invalidator";
import type { Notice } from "./notice";
import { type LiveState, setLiveState } from "./state";

type Message = { notice: Notice } | { state: LiveState } | { ask: true } | { retry: true };

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
  channel = new BroadcastChannel(NAME);
  const tell = (message: Message) => channel?.postMessage(message);
  let hasFollowed = false;
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    hasFollowed ||= "notice" in data || "state" in data;
    if ("notice" in data) invalidator.take(data.notice);
    else if ("state" in data) setLiveState(data.state);
    else if ("retry" in data) connection?.retryNow();
    else if (connection) tell({ state: lastState });
  };
  tell({ ask: true });
  let lastState: LiveState = { way: "starting", lostAt: 0, retryAt: 0 };
  navigator.locks.request(NAME, () => {
    connection = new LiveConnection(
      (notice) => {
        invalidator.take(notice);
        tell({ notice });
      },
      (state) => {
        lastState = state;
        setLiveState(state);
        tell({ state });
      },
      hasFollowed,
    );
    return new Promise<never>(() => undefined);
  });
}

let connection: LiveConnection | undefined;
let channel: BroadcastChannel | undefined;

/** Tries to connect at once; a tab without the connection asks the one that has it. */
export function retryLive(): void {
  if (connection) connection.retryNow();
  else channel?.postMessage({ retry: true } satisfies Message);
}
