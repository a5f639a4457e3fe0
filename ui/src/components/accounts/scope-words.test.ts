import { expect, test } from "vitest";
import { scopeWords } from "./scope-words";

test("a key without scopes may do what its owner may, others are told by their scopes", () => {
  const none = { workspaces: [], tasks: [], verbs: [], addresses: [] };
  expect(scopeWords(none)).toBe("all that its owner may do");
  expect(scopeWords({ ...none, verbs: ["job.run", "logs.read"], workspaces: ["main"] })).toBe(
    "job.run, logs.read · in main",
  );
  expect(scopeWords({ ...none, tasks: ["etl/*"], addresses: ["10.0.0.0/8"] })).toBe("tasks etl/* · from 10.0.0.0/8");
});
