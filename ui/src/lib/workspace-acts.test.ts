import { expect, test } from "vitest";
import { verbsOf } from "./workspace-acts";

const acts = (workspace: object) => verbsOf(workspace as Parameters<typeof verbsOf>[0]).map(({ act }) => act);

test("a workspace is suspended or resumed, never both", () => {
  expect(acts({ ref: "main", release: 3 })).toEqual(["pin", "suspend", "rollback"]);
  expect(acts({ ref: "v1", release: 3, drift: [{ kind: "pinned", ref: "v1" }] })).toContain("resume");
  expect(acts({ ref: "main", release: 3, drift: [{ kind: "trigger_paused", name: "a" }] })).toContain("suspend");
});

test("a source without refs is not pinned, and only a plan that waits is reviewed", () => {
  expect(acts({ ref: null, release: null })).toEqual(["suspend"]);
  expect(acts({ ref: null, release: 1, waiting: { revision: "2" } })).toEqual(["suspend", "rollback", "approve"]);
});
