import { afterEach, expect, test, vi } from "vitest";
import { onClocks, withOffset } from "./instant";

afterEach(() => vi.unstubAllEnvs());

test("a time that clocks skip is moved on, and no other one", () => {
  vi.stubEnv("TZ", "Europe/Oslo");
  expect(onClocks("2026-03-29T02:30")).toBe("2026-03-29T03:30");
  expect(withOffset("2026-03-29T02:30:15")).toBe("2026-03-29T03:30:15+02:00");
  expect(withOffset("2026-03-29T01:30")).toBe("2026-03-29T01:30:00+01:00");
  expect(withOffset("2026-11-26T09:00")).toBe("2026-11-26T09:00:00+01:00");
  expect(withOffset("")).toBe("");
});
