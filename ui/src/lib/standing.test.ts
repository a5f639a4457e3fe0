import { expect, test } from "vitest";
import type { WorkspaceItem } from "@/api/workspaces";
import { isOutOfStep, standingOf, waitsForApproval } from "./standing";

const SINCE = "2026-11-28T00:00:00Z";
const condition = (type: string, status: boolean, reason = "") => ({ type, status, reason, message: "", since: SINCE });

function workspace(fields: object): WorkspaceItem {
  return { conditions: [condition("Ready", true)], observed_revision: "1".repeat(40), ...fields } as WorkspaceItem;
}

const STALLED = workspace({ conditions: [condition("Ready", false), condition("Stalled", true, "SourceFailed")] });
const WAITING = workspace({ waiting: { revision: "2".repeat(40), reasons: ["approval"], since: SINCE } });
const HELD = workspace({ drift: [{ kind: "suspended", by: "Ada <ada@example.org>", at: SINCE }] });
const FETCHING = workspace({ conditions: [condition("Ready", false), condition("Reconciling", true, "Fetching")] });

test.each([
  ["In step", workspace({}), false],
  ["Stalled", STALLED, true],
  ["Waiting", WAITING, true],
  ["Suspended", HELD, true],
  ["Reconciling", FETCHING, false],
])("%s", (word, item, isOut) => {
  expect(standingOf(item).word).toBe(word);
  expect(isOutOfStep(standingOf(item))).toBe(isOut);
});

test("only revisions that a person has to approve are asks", () => {
  expect(waitsForApproval(WAITING)).toBe(true);
  expect(waitsForApproval(workspace({ waiting: { revision: "2", reasons: ["freeze"], since: SINCE } }))).toBe(false);
  expect(waitsForApproval(workspace({}))).toBe(false);
});
