import { expect, test, vi } from "vitest";
import { copyText } from "./copy-text";
import { showToast } from "./toast";

vi.mock("./toast", () => ({ showToast: vi.fn() }));

test("a browser that does not let the page copy is no unhandled error", async () => {
  vi.stubGlobal("navigator", {});
  expect(await copyText("x")).toBe(false);
  expect(showToast).toHaveBeenCalledOnce();
  const writeText = vi.fn();
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  expect(await copyText("y")).toBe(true);
  expect(writeText).toHaveBeenCalledWith("y");
});
