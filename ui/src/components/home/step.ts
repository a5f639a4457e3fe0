import type { Workspace } from "@/api/home";
import type { State } from "@/components/ui/state-glyph";

/** How a workspace is out of step with its source: a state, its word, the reason and since when. */
export interface OutOfStep {
  state: State;
  word: string;
  reason: string;
  since: string | null;
}

const OVERRIDES: Record<string, string> = { suspended: "Suspended", pinned: "Pinned", rolled_back: "Rolled back" };

/** Whether and how a workspace is out of step; null when it is as its source says. */
export function outOfStep(workspace: Workspace): OutOfStep | null {
  const ready = workspace.conditions.find(({ type }) => type === "Ready");
  const stalled = workspace.conditions.find(({ type }) => type === "Stalled");
  if (workspace.waiting) {
    const word = ready?.reason === "Frozen" ? "Frozen" : "Waiting";
    return { state: "waiting", word, reason: workspace.waiting.message, since: workspace.waiting.since };
  }
  const override = workspace.drift?.find(({ kind }) => kind in OVERRIDES);
  if (ready && !ready.status)
    return { state: "failed", word: "Stalled", reason: ready.message, since: ready.since ?? null };
  if (override) {
    const reason = [override.by && `by ${override.by}`, override.reason && `“${override.reason}”`];
    const word = ready?.reason === "RolledBack" ? "Rolled back" : (OVERRIDES[override.kind] ?? override.kind);
    return { state: "suspended", word, reason: reason.filter(Boolean).join(", "), since: override.at ?? null };
  }
  if (ready?.reason === "RolledBack" || ready?.reason === "Suspended")
    return {
      state: "suspended",
      word: ready.reason === "Suspended" ? "Suspended" : "Rolled back",
      reason: ready.message,
      since: ready.since ?? null,
    };
  if (stalled?.status)
    return { state: "failed", word: "Stalled", reason: stalled.message, since: stalled.since ?? null };
  return null;
}
