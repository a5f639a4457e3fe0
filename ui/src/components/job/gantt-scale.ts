import type { StepNode, StepTree } from "./step-tree";
import { dependenciesOf } from "./step-tree";

/** A time from the start of the axis, in milliseconds, with what is drawn there. */
export interface Segment {
  kind: "waited" | "ran" | "delay";
  /** The status that a solid bar is coloured by. */
  status: string;
  from: number;
  to: number;
  label: string;
}

interface Tick {
  at: number;
  label: string;
}

/** The axis of a job: from `start` (epoch) over `span` milliseconds; `now` is inside it while the job lives. */
export interface Scale {
  start: number;
  span: number;
  now: number | null;
  ticks: Tick[];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].map((value) => value * SECOND),
  ...[1, 2, 4, 5, 8, 10, 15, 30].map((value) => value * MINUTE),
  ...[1, 2, 3, 4, 6, 12].map((value) => value * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100].map((value) => value * DAY),
];
const MOST_TICKS = 4;

/** The scale from the job's begin to its end. That of a live job grows in steps of an eighth, so that it stays calm. */
export function scaleOf(
  job: { created_at: string; started_at?: string | null; completed_at?: string | null },
  now: number,
): Scale {
  const start = Date.parse(job.started_at ?? job.created_at);
  if (job.completed_at) {
    const span = Math.max(Date.parse(job.completed_at) - start, 1);
    return { start, span, now: null, ticks: ticksOf(span) };
  }
  const passed = Math.max(now - start, 1);
  const span = grown(passed);
  return { start, span, now: passed, ticks: ticksOf(span, passed) };
}

/** A span of at least a sixteenth more than what has passed, that stays the same until the time comes near its end. */
export function grown(passed: number): number {
  const octave = 2 ** Math.floor(Math.log2(Math.max(passed, SECOND)));
  const unit = octave / 8;
  return Math.ceil((passed * 1.0625) / unit) * unit;
}

/** Marks from 0 on, at round times; none near `now`, which has its own. */
export function ticksOf(span: number, now = Number.POSITIVE_INFINITY): Tick[] {
  const step = STEPS.find((size) => span / size <= MOST_TICKS) ?? DAY * 200;
  const ticks: Tick[] = [];
  for (let at = 0; at <= span * 0.97; at += step) {
    if (Math.abs(at - now) > span / 6) ticks.push({ at, label: tickLabel(at, ticks.length === 1, step) });
  }
  return ticks;
}

function tickLabel(at: number, isFirst: boolean, step: number): string {
  if (at === 0) return "0";
  const [size, unit] =
    step >= DAY ? [DAY, "d"] : step >= HOUR ? [HOUR, "h"] : step >= MINUTE ? [MINUTE, "min"] : [SECOND, "s"];
  const value = String(Math.round((at / size) * 10) / 10);
  return isFirst ? `${value} ${unit}` : value;
}

/** What is drawn for a step: waits, attempts that failed, delays between them, and the last attempt. */
export function segmentsOf(node: StepNode, tree: StepTree, scale: Scale): Segment[] {
  const { step } = node;
  const end = scale.now ?? scale.span;
  const offset = (at: string | null | undefined) => (at ? Date.parse(at) - scale.start : null);
  const found: Segment[] = [];
  if (isTakenOver(step)) return found;
  let last = readyAt(node, tree, scale);
  for (const attempt of step.retry_history) {
    const from = offset(attempt.started_at) ?? last;
    const to = offset(attempt.failed_at) ?? from;
    gap(found, last, from);
    found.push({ kind: "ran", status: "failed", from, to, label: `attempt ${attempt.attempt}` });
    last = to;
  }
  const started = offset(step.started_at);
  if (started === null) {
    const hasBegun = tree.roots.some((root) => root.step.started_at && !isTakenOver(root.step));
    const isFirst = dependenciesOf(node, tree).length === 0 && !hasBegun;
    const isHeldUp = step.waits_for !== "dependencies" || isFirst;
    const isWaiting = step.status === "ready" || (step.status === "pending" && isHeldUp);
    if (isWaiting && scale.now !== null) gap(found, last, end);
    return found;
  }
  gap(found, last, started);
  const to = offset(step.completed_at) ?? end;
  const waits = Boolean(step.suspended_at);
  if (step.status !== "skipped") {
    found.push({
      kind: waits ? "waited" : "ran",
      status: step.status,
      from: started,
      to,
      label: waits ? "waited" : "ran",
    });
  }
  return found;
}

/** Of the segments of a step those of one attempt, from 1: the wait before it, and itself. */
export function attemptSegments(all: Segment[], attempt: number): Segment[] {
  const ran = all.filter((segment) => segment.kind === "ran")[attempt - 1];
  if (!ran) return [];
  const before = all[all.indexOf(ran) - 1];
  return before && before.kind !== "ran" ? [before, ran] : [ran];
}

/** A wait before an attempt: hatched before the first one, dotted between two. */
function gap(found: Segment[], from: number, to: number): void {
  const isRetry = found.some((segment) => segment.kind === "ran");
  if (to - from < 1) return;
  found.push({
    kind: isRetry ? "delay" : "waited",
    status: "waiting",
    from,
    to,
    label: isRetry ? "before a retry" : "waited",
  });
}

/** When the step could begin: it was ready, or all on which it depends had ended. */
function readyAt(node: StepNode, tree: StepTree, scale: Scale): number {
  const { ready_at, retry_history } = node.step;
  if (ready_at && retry_history.length === 0) return Math.max(Date.parse(ready_at) - scale.start, 0);
  const ends = dependenciesOf(node, tree).map((one) => Date.parse(one.step.completed_at ?? "") - scale.start);
  const around = node.parent?.step.started_at ? Date.parse(node.parent.step.started_at) - scale.start : 0;
  return Math.max(around, ...ends.filter((at) => !Number.isNaN(at)));
}

/** Whether the step did not run in this job: its result is that of another. */
export function isTakenOver(step: StepNode["step"]): boolean {
  return Boolean(step.kept_from_job_id || step.cached_from);
}

/** How long a step ran, without waits and former attempts, in milliseconds; null if it did not begin in this job. */
export function ranMs(step: StepNode["step"], now: number): number | null {
  if (!step.started_at || isTakenOver(step) || step.status === "skipped" || step.suspended_at) return null;
  return (step.completed_at ? Date.parse(step.completed_at) : now) - Date.parse(step.started_at);
}
