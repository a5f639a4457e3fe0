import type { Queue, QueueFilter } from "@/api/queue";
import type { State } from "@/components/ui/state-glyph";

/** Steps that wait for the same: how many, for what, and why. `name` names them in the URL. */
export interface Reason {
  name: string;
  state: State;
  words: string;
  why: string;
  count: number;
  since: string | null;
  filter: QueueFilter;
}

type Held = NonNullable<QueueFilter["held"]>;

const HELD: Record<Held, { state: State; words: string; why: string }> = {
  slot: {
    state: "pending",
    words: "A slot of a limit",
    why: "Others hold all slots, or the window of a rate is full.",
  },
  approval: { state: "waiting", words: "A person", why: "An approval has no answer yet." },
  timer: { state: "waiting", words: "A time", why: "It has not come yet." },
  signal: { state: "waiting", words: "A signal", why: "Nobody has sent it yet." },
  retry: { state: "waiting", words: "The next attempt", why: "The pause after a failed attempt has not ended." },
  pause: { state: "suspended", words: "The end of a pause", why: "The job, or a step around it, is paused." },
  placement: { state: "pending", words: "The worker of its job", why: "All steps of the job run on one worker." },
};
/** Kinds by the names that the counts have. */
const KINDS: Record<string, Held> = { worker: "placement" };

/** What steps wait for: first workers, with the groups that no worker can run before all others; then the rest. */
export function reasonsOf({ groups, held, held_jobs }: Queue): Reason[] {
  const ready = groups.map((group): Reason => {
    const tags = group.tags.join(",");
    const amounts = Object.entries(group.resources);
    const resources = amounts.map((amount) => amount.join("=")).join(",");
    const taken = amounts.map((amount) => amount.join(" "));
    return {
      name: ["worker", group.ability, tags, resources].filter(Boolean).join(" "),
      state: group.has_worker ? "pending" : "failed",
      words: `A worker with ${[group.ability, ...group.tags, ...taken].join(", ")}`,
      why: group.why,
      count: group.waiting,
      since: group.first_since,
      filter: { ability: group.ability, tags, resources },
    };
  });
  const others = Object.entries({ ...held, slot: (held["slot"] ?? 0) + held_jobs }).flatMap(
    ([name, count]): Reason[] => {
      const kind = KINDS[name] ?? (name as Held);
      return HELD[kind] && count > 0 ? [{ name: kind, ...HELD[kind], count, since: null, filter: { held: kind } }] : [];
    },
  );
  const stuck = ready.filter((reason) => reason.state === "failed");
  return [
    ...stuck,
    ...ready.filter((reason) => reason.state !== "failed"),
    ...others.sort((a, b) => b.count - a.count),
  ];
}
