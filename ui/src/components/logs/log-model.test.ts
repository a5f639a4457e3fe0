import { afterEach, expect, test, vi } from "vitest";
import { openLogStream, readLog, searchLog } from "@/api/logs";
import { LogModel } from "./log-model";

vi.mock("@/api/logs", () => ({
  readLog: vi.fn(),
  searchLog: vi.fn(),
  openLogStream: vi.fn(async () => ({ close: () => undefined })),
  recordsOf: () => [],
}));

const RANGE = { first: 0, lines: 1, next: 9, records: [{ at: 1, text: "a", stream: "stdout" }] };

afterEach(() => vi.clearAllMocks());

test("a live log whose first read failed is followed once it is tried again", async () => {
  vi.mocked(searchLog).mockResolvedValue({ lines: [], next: 0, stopped: null } as never);
  vi.mocked(readLog).mockRejectedValueOnce(new Error("no server")).mockResolvedValue(RANGE);
  const model = new LogModel({ jobId: "j", step: "s" });
  model.open();
  await model.setLive(true);
  expect([model.isReady, vi.mocked(openLogStream).mock.calls.length]).toEqual([false, 0]);
  await model.retry();
  expect(model.isReady).toBe(true);
  expect(openLogStream).toHaveBeenCalledOnce();
  model.close();
});
