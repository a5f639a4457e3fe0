import type { Schemas } from "@/api/client";

type Job = Schemas["JobItem"];

const WEEK_MS = 7 * 86_400_000;

/** What a number of jobs say about a task; times in milliseconds, null where no job tells. */
export interface Numbers {
  ended: number;
  success: number | null;
  p50: number | null;
  p95: number | null;
  waits: number | null;
}

/** The numbers of jobs: success among those that completed or failed, times of those that completed. */
export function numbersOf(jobs: readonly Job[]): Numbers {
  const completed = jobs.filter((job) => job.status === "completed");
  const failed = jobs.filter((job) => job.status === "failed").length;
  const ended = completed.length + failed;
  const times = completed.flatMap((job) => job.duration_ms ?? []);
  const waits = jobs.flatMap((job) =>
    job.started_at ? [Date.parse(job.started_at) - Date.parse(job.created_at)] : [],
  );
  return {
    ended,
    success: ended ? completed.length / ended : null,
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    waits: quantile(waits, 0.5),
  };
}

/** The usual time of the last week compared to the week before, in words; empty with too few jobs. */
export function trendOf(jobs: readonly Job[], now = Date.now()): string {
  const within = (from: number, to: number) =>
    jobs.flatMap((job) => {
      const age = now - Date.parse(job.created_at);
      return job.status === "completed" && age >= from && age < to ? (job.duration_ms ?? []) : [];
    });
  const [late, early] = [within(0, WEEK_MS), within(WEEK_MS, 2 * WEEK_MS)];
  if (late.length < 3 || early.length < 3) return "";
  const change = (quantile(late, 0.5) ?? 0) / (quantile(early, 0.5) || 1) - 1;
  const percent = Math.round(Math.abs(change) * 100);
  if (percent < 5) return "As long as in the week before";
  return `${percent} % ${change > 0 ? "longer" : "shorter"} than in the week before`;
}

/** The value that a share of all does not exceed, between neighbours by weight. */
function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? low;
  return low + (high - low) * (place - Math.floor(place));
}
