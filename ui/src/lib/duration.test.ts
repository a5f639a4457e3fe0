import { expect, test } from "vitest";
import { roughDuration } from "./duration";

test("a rough span never has 60 of a unit", () => {
  expect(roughDuration(59_400)).toBe("59 s");
  expect(roughDuration(59_600)).toBe("1 min");
  expect(roughDuration(3_569_000)).toBe("59 min");
  expect(roughDuration(3_571_000)).toBe("1 h");
  expect(roughDuration(47.4 * 3_600_000)).toBe("47 h");
  expect(roughDuration(47.6 * 3_600_000)).toBe("2 d");
});
