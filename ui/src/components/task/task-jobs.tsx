import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { EmptyState } from "@/components/ui/empty-state";
import { JobGlyph, JobReason, JobTook } from "@/components/ui/job-cells";
import { ClockTime } from "@/components/ui/time";
import { starterOf } from "@/lib/starter";

type Job = Schemas["JobItem"];
const HEAD = "h-6 truncate px-2 text-left font-medium text-11 text-text-3 border-line border-b";
const CELL = "h-6 truncate px-2 text-text-2";

/** The newest jobs of a task. */
export function TaskJobs({ jobs }: { jobs: readonly Job[] }) {
  if (jobs.length === 0) return <EmptyState title="No job of this task in this span. The form starts one." />;
  const longest = Math.max(...jobs.map((job) => job.duration_ms ?? 0));
  return (
    <table className="w-full table-fixed">
      <thead>
        <tr>
          <th className={`${HEAD} w-10`} aria-label="State" />
          <th className={`${HEAD} w-[112px]`}>Started</th>
          <th className={HEAD}>What happens or went wrong</th>
          <th className={`${HEAD} w-[150px] max-sm:hidden`}>Started by</th>
          <th className={`${HEAD} w-[72px] max-sm:hidden`}>Release</th>
          <th className={`${HEAD} w-[148px] pr-4 text-right max-sm:w-[130px]`}>Took</th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <tr key={job.job_id} className="hover:bg-hover">
            <td className="h-6 pl-4">
              <JobGlyph job={job} />
            </td>
            <td className={CELL}>
              <Link to="/jobs/$jobId" params={{ jobId: job.job_id }} className="text-text tabular-nums hover:underline">
                <ClockTime at={job.created_at} />
              </Link>
            </td>
            <td className={CELL}>
              <JobReason job={job} className="block" />
            </td>
            <td className={`${CELL} max-sm:hidden`} title={starterOf(job)}>
              {starterOf(job)}
            </td>
            <td className={`${CELL} tabular-nums max-sm:hidden`}>{job.release ?? "–"}</td>
            <td className={`${CELL} pr-4`}>
              <JobTook job={job} longest={longest} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
