import { expect, test } from "vitest";
import { localWords, reasonBeside, whyItWaits } from "./reason";
import { clockTime } from "./time";

test("a step that is told beside the reason is not told twice", () => {
  expect(reasonBeside("load", "load: no such table")).toBe("no such table");
  expect(reasonBeside("load", "loaded: no such table")).toBe("loaded: no such table");
  expect(reasonBeside(null, "load: no such table")).toBe("load: no such table");
});

test("times in words of the server are those of the viewer's clock", () => {
  const at = clockTime("2020-05-01T12:33:50Z");
  expect(localWords("Waiting for an approval until 2020-05-01 12:33:50 UTC")).toBe(
    `Waiting for an approval until ${at}`,
  );
  expect(localWords("exit code 75")).toBe("exit code 75");
});

test("why a revision waits, without the revision", () => {
  expect(whyItWaits("Revision ccabd90e560c waits: it removes much.")).toBe("it removes much.");
  expect(whyItWaits("frozen until Monday")).toBe("frozen until Monday");
});
