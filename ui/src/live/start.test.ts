import { expect, test, vi } from "vitest";

test("a tab without the connection asks the one that has it to try at once", async () => {
  const sent: unknown[] = [];
  vi.stubGlobal("navigator", { locks: { request: () => new Promise(() => undefined) } });
  vi.stubGlobal(
    "BroadcastChannel",
    class {
      postMessage(message: unknown): void {
        sent.push(message);
      }
    },
  );
  const { retryLive, startLive } = await import("./start");
  startLive({} as never);
  retryLive();
  expect(sent).toEqual([{ ask: true }, { retry: true }]);
  vi.unstubAllGlobals();
});
