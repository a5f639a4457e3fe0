import { cn } from "@/lib/cn";
import { type State, StateGlyph } from "./state-glyph";

const TINT: Partial<Record<State, string>> = {
  failed: "bg-failed-tint",
  waiting: "bg-waiting-tint",
  suspended: "bg-suspended-tint",
  cancelled: "bg-cancelled-tint",
};

interface Props {
  state: State;
  children: React.ReactNode;
  action?: React.ReactNode;
}

/** A line under the facts: why something stands as it does, and what can be done about it. */
export function Note({ state, children, action }: Props) {
  return (
    <div
      className={cn(
        "flex min-h-9 flex-none items-center gap-2.5 border-line border-b px-4 py-1.5",
        TINT[state] ?? "bg-pending-tint",
      )}
    >
      <StateGlyph state={state} />
      <span className="line-clamp-2 min-w-0 flex-1 [overflow-wrap:anywhere]">{children}</span>
      {action}
    </div>
  );
}
