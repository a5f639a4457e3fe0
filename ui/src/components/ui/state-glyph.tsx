import { cn } from "@/lib/cn";

export const STATES = [
  "pending",
  "waiting",
  "running",
  "completed",
  "failed",
  "skipped",
  "cancelled",
  "suspended",
] as const;
export type State = (typeof STATES)[number];

const COLOUR: Record<State, string> = {
  pending: "text-pending",
  waiting: "text-waiting",
  running: "text-running-fill",
  completed: "text-completed-glyph",
  failed: "text-failed-fill",
  skipped: "text-skipped",
  cancelled: "text-cancelled",
  suspended: "text-suspended-fill",
};

const WORD: Record<State, string> = {
  pending: "Pending",
  waiting: "Waiting",
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  skipped: "Skipped",
  cancelled: "Cancelled",
  suspended: "Suspended",
};

const KNOWN: Record<string, State> = {
  ready: "pending",
  claimed: "running",
  cancelling: "running",
  suspended: "waiting",
  paused: "suspended",
  success: "completed",
  stalled: "failed",
  in_step: "completed",
  reconciling: "running",
};

/** The state that a status of the API is drawn as. Steps that are `suspended` wait for a person, a time or a signal. */
export function stateOf(status: string): State {
  return (STATES as readonly string[]).includes(status) && status !== "suspended"
    ? (status as State)
    : (KNOWN[status] ?? "pending");
}

/** The word for a state, capitalised. */
export function wordOf(state: State): string {
  return WORD[state];
}

interface Props {
  state: State;
  /** Of a running one: the share of its usual time that has passed, 0 to 1 and beyond. */
  share?: number;
  size?: number;
  className?: string;
  /** Its name; empty where the word stands beside it. */
  label?: string;
}

/** One shape for each state, so that it can be read without colour. */
export function StateGlyph({ state, share = 0.55, size = 14, className, label }: Props) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      {...(label === "" ? { "aria-hidden": true } : { role: "img", "aria-label": label ?? WORD[state] })}
      className={cn("block flex-none", COLOUR[state], className)}
    >
      {shape(state, share)}
    </svg>
  );
}

function shape(state: State, share: number) {
  const line = { fill: "none", stroke: "currentColor", strokeWidth: 1.5, strokeLinecap: "round" as const };
  const cut = { fill: "none", stroke: "var(--on-fill)", strokeWidth: 1.7, strokeLinecap: "round" as const };
  switch (state) {
    case "pending":
      return <circle cx="8" cy="8" r="6" {...line} strokeLinecap="butt" strokeDasharray="2.2 2.5" />;
    case "waiting":
      return (
        <path
          d="M3.5 2h9M3.5 14h9M4.75 2v1.7c0 2 2.5 2.8 2.5 4.3s-2.5 2.3-2.5 4.3V14M11.25 2v1.7c0 2-2.5 2.8-2.5 4.3s2.5 2.3 2.5 4.3V14"
          {...line}
        />
      );
    case "running":
      return (
        <>
          <circle cx="8" cy="8" r="6.25" {...line} />
          <circle
            cx="8"
            cy="8"
            r="2"
            fill="none"
            stroke="currentColor"
            strokeWidth="4"
            pathLength={100}
            strokeDasharray={`${Math.min(Math.max(share, 0.04), 1) * 100} 100`}
            transform="rotate(-90 8 8)"
          />
        </>
      );
    case "completed":
      return (
        <>
          <circle cx="8" cy="8" r="7" fill="currentColor" />
          <path d="m5 8.2 2.1 2.1L11 6.2" {...cut} strokeLinejoin="round" />
        </>
      );
    case "failed":
      return (
        <>
          <path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" fill="currentColor" />
          <path d="m5.7 5.7 4.6 4.6m0-4.6-4.6 4.6" {...cut} />
        </>
      );
    case "skipped":
      return <path d="m3 4 4 4-4 4m6-8 4 4-4 4" {...line} strokeWidth={1.6} strokeLinejoin="round" />;
    case "cancelled":
      return (
        <>
          <circle cx="8" cy="8" r="6.25" {...line} />
          <rect x="5.5" y="5.5" width="5" height="5" rx=".8" fill="currentColor" />
        </>
      );
    case "suspended":
      return (
        <>
          <rect x="1.5" y="1.5" width="13" height="13" rx="3.5" fill="currentColor" />
          <path d="M6.2 5.3v5.4M9.8 5.3v5.4" {...cut} strokeWidth={1.8} />
        </>
      );
  }
}
