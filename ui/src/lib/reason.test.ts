import { expect, test } from "vitest";
import { declinedWords, errorWords, localWords, reasonBeside, sentence, whyItWaits } from "./reason";
import { clockTime } from "./time";

test("a step that is told beside the reason is not told twice", () => {
  expect(reasonBeside("load", "load: no such table")).toBe("no such table");
  expect(reasonBeside("load", "loaded: no such table")).toBe("loaded: no such table");
  expect(reasonBeside(null, "load: no such table")).toBe("load: no such table");
});

test("a person who declined is told, with the reason if there is one", () => {
  expect(declinedWords("ask", "ask: not on Friday")).toBe("declined: “not on Friday”");
  expect(declinedWords("ask", "ask: rejected")).toBe("declined");
});

test("times in words of the server are those of the viewer's clock", () => {
  const at = clockTime("2020-05-01T12:33:50Z");
  expect(localWords("Waiting for an approval until 2020-05-01 12:33:50 UTC")).toBe(
    `Waiting for an approval until ${at}`,
  );
  expect(localWords("exit code 75")).toBe("exit code 75");
});

test("sentences have the quotes of print; code is left as it is", () => {
  expect(sentence("there is no step 'colect' in this task. Did you mean 'collect'?")).toBe(
    "there is no step ‘colect’ in this task. Did you mean ‘collect’?",
  );
  expect(sentence("KeyError('x'), don't, it's")).toBe("KeyError(‘x’), don't, it's");
  expect(sentence("x='1'")).toBe("x='1'");
});

test("errors have no colours of a terminal", () => {
  expect(errorWords("Stderr: \x1b[31merror\x1b[0m shard 03")).toBe("Stderr: error shard 03");
});

test("why a revision waits, without the revision", () => {
  expect(whyItWaits("Revision ccabd90e560c waits: it removes much.")).toBe("it removes much.");
  expect(whyItWaits("frozen until Monday")).toBe("frozen until Monday");
});
