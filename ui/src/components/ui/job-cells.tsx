import type { Schemas } from "@/api/client";
import { isLive } from "@/api/job";
import { HOUR_MS, useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/duration";
import { declinedWords, errorWords, localWords } from "@/lib/reason";
import { type State, StateGlyph, stateOf } from "./state-glyph";

type JobItem = Schemas["JobItem"];

const REASON_TONE: Record<string, string> = {
  failed: "text-failed",
  waiting: "text-waiting",
  paused: "text-suspended",
};

/** The state that a job is drawn as: what waits for something outside of it, or is paused, looks different from work. */
export function jobState(job: Pick<JobItem, "status" | "reason_kind" | "paused_at">): State {
  if (isLive(job) && job.paused_at) return "suspended";
  if (isLive(job) && job.reason_kind === "waiting") return job.status === "pending" ? "pending" : "waiting";
  return stateOf(job.status);
}

/** The glyph of a job's state; the pie of a running one fills with the share of its usual time. */
export function JobGlyph({ job }: { job: JobItem }) {
  const now = useNow(isLive(job) ? 5000 : HOUR_MS);
  const share = job.started_at && job.usual_ms ? (now - Date.parse(job.started_at)) / job.usual_ms : undefined;
  return <StateGlyph state={jobState(job)} share={share} />;
}

interface ReasonProps {
  job: JobItem;
  className?: string;
  /** What stands there when there is nothing to tell. */
  otherwise?: React.ReactNode;
}

/** What happens or went wrong, in one line. */
export function JobReason({ job, className, otherwise = <span className="text-faint">–</span> }: ReasonProps) {
  const now = useNow(isLive(job) ? 5000 : HOUR_MS);
  const over = overtime(job, now);
  if (!job.reason && !over) return otherwise;
  const tone = over ? "text-waiting" : (REASON_TONE[job.reason_kind ?? ""] ?? "text-text-2");
  const late = over ? `${job.reason ? ", " : ""}${duration(over)} over its usual time` : "";
  const text = `${reasonWords(job)}${late}`;
  return (
    <span className={cn("truncate", tone, className)} title={text}>
      {text}
    </span>
  );
}

function reasonWords({ reason, reason_kind: kind, reason_step: step }: JobItem): string {
  if (kind === "rejected") return [step, declinedWords(step, reason ?? "")].filter(Boolean).join(" ");
  return kind === "failed" ? errorWords(reason ?? "") : localWords(reason ?? "");
}

/** How long a job took or runs. */
export function JobDuration({ job }: { job: JobItem }) {
  const ms = tookMs(job, useNow(isLive(job) ? 1000 : HOUR_MS));
  return ms === null ? "–" : duration(ms);
}

/**
 * How long a job took or runs, with a bar: its share of `longest`, or of its usual time while it runs. The bar of one
 * that waits or is paused is empty.
 */
export function JobTook({ job, longest }: { job: JobItem; longest: number }) {
  const now = useNow(isLive(job) ? 1000 : HOUR_MS);
  const ms = tookMs(job, now) ?? 0;
  const isRunning = jobState(job) === "running";
  const most = isRunning ? (job.usual_ms ?? 0) : isLive(job) ? 0 : longest;
  const share = most ? ms / most : 0;
  const fill = isRunning ? (overtime(job, now) ? "bg-waiting-fill" : "bg-running-fill") : "bg-faint";
  return (
    <span className="flex items-center justify-end gap-2 tabular-nums">
      <JobDuration job={job} />
      <span aria-hidden="true" className="block h-1 w-11 flex-none overflow-hidden rounded-full bg-line">
        <span className={cn("block h-full", fill)} style={{ width: `${Math.min(share, 1) * 100}%` }} />
      </span>
    </span>
  );
}

/** Milliseconds by which a running job exceeds what nine of ten took; 0 within it. */
function overtime(job: JobItem, now: number): number {
  if (jobState(job) !== "running" || !job.started_at || !job.late_ms) return 0;
  return Math.max(now - Date.parse(job.started_at) - job.late_ms, 0);
}

function tookMs(job: JobItem, now: number): number | null {
  return job.duration_ms ?? (isLive(job) && job.started_at ? now - Date.parse(job.started_at) : null);
}
