import { cn } from "@/lib/cn";
import { type State, StateGlyph, wordOf } from "./state-glyph";

export const TEXT: Record<State, string> = {
  pending: "text-pending",
  waiting: "text-waiting",
  running: "text-running",
  completed: "text-completed",
  failed: "text-failed",
  skipped: "text-skipped",
  cancelled: "text-cancelled",
  suspended: "text-suspended",
};

const TINT: Record<State, string> = {
  pending: "bg-pending-tint",
  waiting: "bg-waiting-tint",
  running: "bg-running-tint",
  completed: "bg-completed-tint",
  failed: "bg-failed-tint",
  skipped: "bg-skipped-tint",
  cancelled: "bg-cancelled-tint",
  suspended: "bg-suspended-tint",
};

export const FILL: Record<State, string> = {
  pending: "bg-pending-fill",
  waiting: "bg-waiting-fill",
  running: "bg-running-fill",
  completed: "bg-completed-fill",
  failed: "bg-failed-fill",
  skipped: "bg-skipped-fill",
  cancelled: "bg-cancelled-fill",
  suspended: "bg-suspended-fill",
};

interface Props {
  state: State;
  word?: string;
  share?: number;
  className?: string;
}

/** A state's glyph and word in its colour. */
export function StateWord({ state, word, share, className }: Props) {
  return (
    <span className={cn("inline-flex items-center gap-1.5 whitespace-nowrap", TEXT[state], className)}>
      <StateGlyph state={state} share={share} label="" />
      {word ?? wordOf(state)}
    </span>
  );
}

/** A state as a tag beside a title. */
export function StatePill({ state, word, share, className }: Props) {
  return (
    <StateWord
      state={state}
      word={word}
      share={share}
      className={cn("h-6 rounded-full pr-2.5 pl-[7px] font-semibold text-12", TINT[state], className)}
    />
  );
}

/** A short remark with the tint of a state; grey without one. */
export function Tag({ state, children }: { state?: State; children: React.ReactNode }) {
  return (
    <span
      className={cn(
        "inline-flex h-[18px] items-center gap-1 whitespace-nowrap rounded-1 px-1.5 font-medium text-11",
        state ? [TEXT[state], TINT[state]] : "bg-pending-tint text-text-2",
      )}
    >
      {children}
    </span>
  );
}
