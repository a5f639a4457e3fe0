import { expect, test } from "vitest";
import { causeWords, waitWords } from "./change-words";

test("causes of changes in words", () => {
  expect(causeWords({ cause: "claim", waits_for: null })).toBe("Taken");
  expect(causeWords({ cause: "slot", waits_for: "slot:cdn" })).toBe("Needs a slot");
  expect(causeWords({ cause: "slot", waits_for: null })).toBe("Has its slot");
  expect(causeWords({ cause: "new_kind", waits_for: null })).toBe("New kind");
});

test("what a step waits for in words", () => {
  expect(waitWords(null)).toBe("");
  expect(waitWords("slot:workspace:catalog/cdn")).toBe("waits for a slot of workspace:catalog/cdn");
  expect(waitWords("signal:all-clear")).toBe("waits for the signal “all-clear”");
  expect(waitWords("turn")).toBe("waits for its turn in the loop");
  expect(waitWords("worker")).toBe("waits for worker");
});
