import { expect, test } from "vitest";
import { lookWords } from "./look-words";

const base = { name: "shop", release: 4, observed_revision: "a".repeat(40) };
const mistake = { code: "cycle", message: "", file: "a.yaml", line: 1, column: 1, path: "", hint: null };
const since = "2026-11-28T00:00:00Z";
const waiting = {
  revision: "b".repeat(40),
  manifest: "",
  reasons: ["approval"],
  message: "an approval",
  since,
  until: null,
  author: null,
};

test.each([
  [{}, "shop: nothing new"],
  [{ release: 5 }, "shop: release 5 is current"],
  [{ problems: [{ ...mistake, severity: "error" as const }] }, "shop: 1 mistake in aaaaaaaaaaaa"],
  [{ problems: [{ ...mistake, severity: "warning" as const }] }, "shop: nothing new"],
  [{ waiting }, "shop: bbbbbbbbbbbb waits: an approval"],
  [{ error: "no route to host" }, "shop: no route to host"],
])("what came of a look: %o", (found, words) => {
  expect(lookWords({ ...base, ...found }, 4)).toBe(words);
});
