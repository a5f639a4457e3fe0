import { expect, test } from "vitest";
import { releaseMaker } from "./release-options";

const commit = { author: "Grace <grace@example.org>", at: "2026-11-28T00:00:00Z", message: "Say first" };

test.each([
  ["rollback", "anonymous", "by anonymous · rollback"],
  ["approval", "ada", "by ada · approval"],
  ["push", commit.author, "commit by Grace · push"],
  ["person", "ada", "commit by Grace · look now"],
  ["start", null, "commit by Grace · start of the server"],
] as const)("a release by %s", (cause, made_by, words) => {
  expect(releaseMaker({ cause, made_by, commit })).toBe(words);
});

test("a release without a commit has no author", () => {
  expect(releaseMaker({ cause: "poll", made_by: null, commit: null })).toBe("look");
});
