import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { cn } from "@/lib/cn";
import { type State, StateGlyph, stateOf } from "./state-glyph";
import { RelativeTime } from "./time";

type Fire = Schemas["TriggerFire"];

const VERDICT_STATE: Record<string, State> = {
  started: "completed",
  duplicate: "skipped",
  filtered: "skipped",
  debounced: "waiting",
  failed: "failed",
  refused: "failed",
  missed: "skipped",
  rate_limited: "skipped",
  answered: "completed",
};

/** The state that what became of a fire or a request is drawn as. */
export function verdictState(verdict: string): State {
  return VERDICT_STATE[verdict] ?? "pending";
}

export function verdictWords(verdict: string): string {
  return verdict.replaceAll("_", " ");
}

/** The last fire: the glyph of its job, or of its verdict where it made none, and when; a link to the job. */
export function LastFire({ fire, className }: { fire: Fire | null; className?: string }) {
  if (!fire) return <span className="text-faint">–</span>;
  const state = fire.job_status ? stateOf(fire.job_status) : verdictState(fire.verdict);
  const inner = (
    <>
      <StateGlyph state={state} label={fire.job_status ?? fire.verdict} />
      <RelativeTime at={fire.at} />
      {!fire.job_id && <span className="truncate text-text-3">{verdictWords(fire.verdict)}</span>}
    </>
  );
  const line = cn("flex min-w-0 items-center gap-1.5 tabular-nums", className);
  return fire.job_id ? (
    <Link to="/jobs/$jobId" params={{ jobId: fire.job_id }} className={cn(line, "hover:underline")}>
      {inner}
    </Link>
  ) : (
    <span className={line} title={fire.reason ?? undefined}>
      {inner}
    </span>
  );
}
