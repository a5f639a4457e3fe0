import type { Schemas } from "@/api/client";
import type { State } from "@/components/ui/state-glyph";
import { definitionWords } from "./kind";
import { counted } from "./number";
import { personName } from "./person";

type Workspace = Pick<
  Schemas["WorkspaceItem"],
  "conditions" | "observed_revision" | "waiting" | "problems" | "held" | "drift" | "error"
>;

export const STANDINGS = [
  "Stalled",
  "Waiting",
  "Frozen",
  "Suspended",
  "Reconciling",
  "Rolled back",
  "Pinned",
  "In step",
] as const;
/** How a workspace stands to git, in the order of need. */
export type StandingWord = (typeof STANDINGS)[number];

export interface Standing {
  word: StandingWord;
  state: State;
  /** What stands behind the word. */
  reason: string;
  /** Since when it stands so, if the API says it. */
  since?: string;
}

const STATE: Record<StandingWord, State> = {
  Stalled: "failed",
  Waiting: "waiting",
  Frozen: "waiting",
  Suspended: "suspended",
  Reconciling: "running",
  "Rolled back": "suspended",
  Pinned: "suspended",
  "In step": "completed",
};

/** The state that a standing is drawn as. */
export function stateOfStanding(word: StandingWord): State {
  return STATE[word];
}

/** How a workspace stands, with the reason. */
export function standingOf(workspace: Workspace): Standing {
  const [ready, reconciling, stalled] = ["Ready", "Reconciling", "Stalled"].map((type) =>
    workspace.conditions.find((condition) => condition.type === type),
  );
  const seen = shortRevision(workspace.observed_revision);
  const make = (word: StandingWord, reason: string, since?: string): Standing => ({
    word,
    state: STATE[word],
    reason,
    since,
  });
  if (workspace.waiting) {
    const { revision, reasons, since, until } = workspace.waiting;
    if (reasons.includes("freeze") && until) return make("Frozen", `${shortRevision(revision)} comes later`, since);
    const why = reasons.includes("prune") ? "removes much and needs an approval" : "needs an approval";
    return make("Waiting", `${shortRevision(revision)} ${why}`, since);
  }
  if (ready?.reason === "Frozen") return make("Frozen", ready.message, ready.since);
  if (stalled?.status) {
    const mistakes = workspace.problems?.filter((problem) => problem.severity !== "warning").length ?? 0;
    if (mistakes) return make("Stalled", `Invalid: ${counted(mistakes, "mistake")} in ${seen}`, stalled.since);
    if (stalled.reason === "Held") return make("Stalled", `Held: ${heldWords(workspace)}`, stalled.since);
    return make("Stalled", `${stalled.reason}: ${workspace.error ?? stalled.message}`, stalled.since);
  }
  const suspended = workspace.drift?.find((one) => one.kind === "suspended");
  if (suspended) return make("Suspended", byWords(suspended), suspended.at);
  if (reconciling?.status)
    return make(
      "Reconciling",
      reconciling.message ? `${reconciling.reason}: ${reconciling.message}` : reconciling.reason,
      reconciling.since,
    );
  const pinned = workspace.drift?.find((one) => one.kind === "pinned");
  if (pinned?.release) return make("Rolled back", `to ${pinned.release} ${byWords(pinned)}`, pinned.at);
  if (pinned) return make("Pinned", `to ${refWords(pinned.ref)} ${byWords(pinned)}`, pinned.at);
  if (workspace.held?.length) return make("In step", `but for ${heldWords(workspace)}, held back`, ready?.since);
  if (ready && !ready.status) return make("Reconciling", workspace.error ?? ready.message, ready.since);
  return make("In step", "", ready?.since);
}

/** Whether a workspace does not follow its source: it is stalled, waiting, frozen, suspended, rolled back or pinned. */
export function isOutOfStep({ word }: Standing): boolean {
  return word !== "In step" && word !== "Reconciling";
}

/** Whether a revision waits for a person to approve it. */
export function waitsForApproval({ waiting }: Pick<Workspace, "waiting">): boolean {
  return waiting?.reasons.includes("approval") ?? false;
}

/** Whether the revision last seen became no release. */
export function hasNewer(workspace: Pick<Schemas["WorkspaceItem"], "observed_revision" | "revision">): boolean {
  return !!workspace.observed_revision && workspace.observed_revision !== workspace.revision;
}

/** Overrides that are not the standing itself: paused triggers. */
export function pausedTriggers(workspace: Pick<Workspace, "drift">) {
  return workspace.drift?.filter((one) => one.kind === "trigger_paused") ?? [];
}

/** The first twelve characters of a revision, as messages of the server have them. */
export function shortRevision(revision: string | null | undefined): string {
  return revision?.slice(0, 12) ?? "";
}

/** A branch or tag as it is, a commit by its first twelve characters. */
export function refWords(ref: string | null | undefined): string {
  return ref && /^[0-9a-f]{40,64}$/.test(ref) ? shortRevision(ref) : (ref ?? "");
}

type Override = NonNullable<Workspace["drift"]>[number];

/** The override by which the source is not followed as the settings say: a suspension, a pin or a rollback. */
export function followOverride({ drift }: Pick<Workspace, "drift">): Override | undefined {
  return drift?.find((one) => one.kind === "suspended") ?? drift?.find((one) => one.kind === "pinned");
}

/** The verb that takes away a suspension, a pin or a rollback. */
export function followVerb({ kind }: Pick<Override, "kind">): string {
  return kind === "suspended" ? "Resume" : "Follow git again";
}

/** An override with its author and reason: `pinned to v1.4 by Ada: “1.5 loses orders”`. */
export function overrideWords(override: Override): string {
  const { kind, name, ref, release } = override;
  const what =
    kind === "trigger_paused"
      ? `trigger ${name} is paused`
      : kind === "suspended"
        ? "suspended"
        : release
          ? `rolled back to release ${release}`
          : `pinned to ${refWords(ref)}`;
  return `${what} ${byWords(override)}`;
}

/** Whether it stands so because a person has set it. */
export function isOverridden({ word }: Standing): boolean {
  return word === "Suspended" || word === "Rolled back" || word === "Pinned";
}

/** Whether the source is looked at by itself. */
export function isFollowed({ word }: Standing): boolean {
  return word !== "Suspended" && word !== "Rolled back";
}

function byWords({ by, reason }: { by: string; reason?: string | null }): string {
  const name = personName(by);
  return `by ${name}${reason ? `: “${reason}”` : ""}`;
}

function heldWords(workspace: Workspace): string {
  const held = workspace.held ?? [];
  const [first] = held;
  if (!first) return "some definitions";
  return held.length === 1 ? definitionWords(first) : `${held.length} definitions`;
}
