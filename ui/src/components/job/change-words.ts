import type { Change } from "@/api/job";

const CAUSES: Record<string, string> = {
  created: "Created",
  kept: "Kept",
  cache: "From the cache",
  dependencies: "Dependencies ended",
  when: "Condition",
  loop: "Its loop began",
  slot: "Has its slot",
  placed: "Placed",
  claim: "Taken",
  outcome: "Ended",
  steps: "Its steps ended",
  retry: "Another attempt",
  timer: "Its time came",
  signal: "Signal",
  answer: "Answered",
  pause: "Paused",
  resume: "Resumed",
  hold: "Held",
  release: "Let go",
  reminder: "Reminded",
  cancel: "Cancelled",
  lost: "Worker lost",
  returned: "Given back",
  unmatched: "No worker suits",
  stuck: "Cannot go on",
  limit: "Over a limit",
};

const WAITS: Record<string, string> = {
  dependencies: "earlier steps",
  turn: "its turn in the loop",
  steps: "its steps",
  closing: "its steps to end",
  retry: "another attempt",
  timer: "a time",
  approval: "an approval",
};

/** What caused a change, in a word or two. */
export function causeWords({ cause, waits_for }: Pick<Change, "cause" | "waits_for">): string {
  if (cause === "slot" && waits_for) return "Needs a slot";
  const words = CAUSES[cause] ?? cause.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a step waits for from a change on; empty when it waits for nothing. */
export function waitWords(waitsFor: string | null): string {
  if (!waitsFor) return "";
  const [kind = "", ...rest] = waitsFor.split(":");
  const name = rest.join(":");
  if (kind === "slot") return `waits for a slot of ${name}`;
  if (kind === "signal") return `waits for the signal “${name}”`;
  return `waits for ${WAITS[waitsFor] ?? waitsFor.replaceAll("_", " ")}`;
}
