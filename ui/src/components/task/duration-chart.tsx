import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { jobState } from "@/components/ui/job-cells";
import { wordOf } from "@/components/ui/state-glyph";
import { FILL } from "@/components/ui/state-word";
import { useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";
import { duration, roughDuration } from "@/lib/duration";
import { clockTime } from "@/lib/time";
import type { Numbers } from "./numbers";

type Job = Schemas["JobItem"];

const HEIGHT = 88;
const HEADROOM = 1.1;

/** So many times p95 fit in; longer bars are cut, so that one job that hung does not flatten all others. */
const MOST = 2;

/** How long jobs took, oldest first; each bar leads to its job. */
export function DurationChart({ jobs, numbers }: { jobs: readonly Job[]; numbers: Numbers }) {
  const now = useNow(5000);
  const bars = [...jobs].reverse().map((job) => {
    const ms = job.duration_ms ?? (job.started_at ? now - Date.parse(job.started_at) : 0);
    return { job, ms };
  });
  const ended = bars.filter(({ job }) => job.completed_at).map(({ ms }) => ms);
  const most = numbers.p95 === null ? Number.POSITIVE_INFINITY : numbers.p95 * MOST;
  const top = Math.max(Math.min(Math.max(...ended, 0), most), numbers.p95 ?? 0, 1) * HEADROOM;
  const line = (ms: number | null, label: string) =>
    ms !== null && (
      <div
        className="absolute inset-x-0 border-line-2 border-t border-dashed"
        style={{ bottom: `${(ms / top) * 100}%` }}
      >
        <span className="absolute -top-2 right-full mr-1.5 whitespace-nowrap text-11 text-text-3 tabular-nums">
          {label} {roughDuration(ms)}
        </span>
      </div>
    );
  const isClose = ((numbers.p95 ?? 0) - (numbers.p50 ?? 0)) / top < 0.16;
  return (
    <div className="mr-4 mb-2 ml-[76px]">
      <div className="relative flex items-end justify-end gap-[2px] border-line border-b" style={{ height: HEIGHT }}>
        {bars.map(({ job, ms }) => {
          const state = jobState(job);
          const title = `${clockTime(job.created_at)} · ${wordOf(state)} · ${duration(ms)}`;
          return (
            <Link
              key={job.job_id}
              to="/jobs/$jobId"
              params={{ jobId: job.job_id }}
              title={title}
              aria-label={title}
              className="group flex h-full min-w-0 max-w-4 flex-1 items-end"
            >
              <span
                className={cn("relative block w-full rounded-t-[1px] group-hover:opacity-70", FILL[state])}
                style={{ height: `${Math.max(Math.min(ms / top, 1) * 100, 2)}%` }}
              >
                {ms > top && <i aria-hidden="true" className="absolute inset-x-0 top-1 h-0.5 bg-surface" />}
              </span>
            </Link>
          );
        })}
        {line(numbers.p50, "p50")}
        {!isClose && line(numbers.p95, "p95")}
      </div>
    </div>
  );
}
