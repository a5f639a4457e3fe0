import { isLive, type Job } from "@/api/job";
import { jobState } from "@/components/ui/job-cells";
import type { State } from "@/components/ui/state-glyph";

/** The state that a job is drawn as. A live one whose steps all wait is not shown as work. */
export function stateOfJob(job: Job): State {
  const isWaiting =
    !job.steps.some((step) => step.status === "running" && !step.waits_for) &&
    job.steps.some((step) => step.status === "suspended");
  const kind = job.reason_kind ?? (isLive(job) && isWaiting ? "waiting" : null);
  return jobState({ status: job.status, reason_kind: kind, paused_at: job.paused_at });
}

/** The number of steps that have completed: when it changes, there may be further artifacts. */
export function completedSteps(job: Job): number {
  return job.steps.reduce(
    (sum, step) => sum + (step.status === "completed" ? 1 : 0) + (step.loop_counts?.["completed"] ?? 0),
    0,
  );
}

/** The word of a job's state where it says more than that of its glyph. */
export function wordOfJob(job: Job): string | undefined {
  if (!isLive(job)) return undefined;
  if (job.cancel_reason) return "Being cancelled";
  return job.paused_at ? "Paused" : undefined;
}

const FAVICON_COLOUR: Record<State, string> = {
  pending: "#8a8f98",
  waiting: "#d99a00",
  running: "#1d8fe0",
  completed: "#2f9e76",
  failed: "#d3302f",
  skipped: "#8a8f98",
  cancelled: "#555b66",
  suspended: "#a04ab0",
};

/** A picture of a state for the browser's tab. */
export function faviconOf(state: State): string {
  const colour = FAVICON_COLOUR[state];
  const shape: Record<State, string> = {
    pending: `<circle cx='8' cy='8' r='6' fill='none' stroke='${colour}' stroke-width='2' stroke-dasharray='2.2 2.5'/>`,
    waiting: `<path d='M4 2h8M4 14h8M5 2v2l3 4 3-4V2M5 14v-2l3-4 3 4v2' fill='none' stroke='${colour}' stroke-width='2'/>`,
    running: `<circle cx='8' cy='8' r='6.5' fill='none' stroke='${colour}' stroke-width='2'/><path d='M8 8V4a4 4 0 1 1-3.5 6z' fill='${colour}'/>`,
    completed: `<circle cx='8' cy='8' r='7.5' fill='${colour}'/><path d='m4.5 8.3 2.5 2.4 4.5-5' fill='none' stroke='#fff' stroke-width='2'/>`,
    failed: `<path d='M5 1h6l4 4v6l-4 4H5l-4-4V5z' fill='${colour}'/><path d='m5.5 5.5 5 5m0-5-5 5' stroke='#fff' stroke-width='2'/>`,
    skipped: `<path d='m3 4 4 4-4 4m6-8 4 4-4 4' fill='none' stroke='${colour}' stroke-width='2'/>`,
    cancelled: `<circle cx='8' cy='8' r='6.5' fill='none' stroke='${colour}' stroke-width='2'/><rect x='5.5' y='5.5' width='5' height='5' fill='${colour}'/>`,
    suspended: `<rect x='1' y='1' width='14' height='14' rx='3.5' fill='${colour}'/><path d='M6.2 5v6M9.8 5v6' stroke='#fff' stroke-width='2'/>`,
  };
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${shape[state]}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
