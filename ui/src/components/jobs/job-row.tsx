import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { JobItem } from "@/api/jobs";
import { Checkbox } from "@/components/ui/checkbox";
import { JobDuration, JobGlyph, JobReason, JobTook } from "@/components/ui/job-cells";
import { TaskPath } from "@/components/ui/task-path";
import { ClockTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { starterOf } from "@/lib/starter";
import type { ColumnKey } from "./columns";

interface Props {
  job: JobItem;
  longest: number;
  isSelected: boolean;
  isCurrent: boolean;
  isSelecting: boolean;
  onSelect: (id: string, isRange: boolean) => void;
  hidden: readonly ColumnKey[];
}

const CELL = "h-6 truncate px-2 py-0";

/** A job in the table: glyph, task, reason, release, who, when, how long, id. */
export const JobRow = memo(function JobRow({
  job,
  longest,
  isSelected,
  isCurrent,
  isSelecting,
  onSelect,
  hidden,
}: Props) {
  return (
    <tr
      data-job={job.job_id}
      aria-selected={isSelected}
      className={cn("group/row hover:bg-hover", (isSelected || isCurrent) && "bg-accent-tint hover:bg-accent-tint")}
    >
      <td className="relative h-6 w-10 pl-4">
        <span className={cn("group-hover/row:invisible", isSelecting && "invisible")}>
          <JobGlyph job={job} />
        </span>
        <span
          className={cn(
            "absolute inset-y-0 left-4 flex items-center opacity-0 focus-within:opacity-100 group-hover/row:opacity-100",
            isSelecting && "opacity-100",
          )}
          onClickCapture={(event) => event.shiftKey && onSelect(job.job_id, true)}
        >
          <Checkbox
            checked={isSelected}
            onChange={() => onSelect(job.job_id, false)}
            aria-label={`Select ${job.task_name} ${job.job_id.slice(0, 8)}`}
          />
        </span>
      </td>
      <td className={CELL}>
        <Link to="/jobs/$jobId" params={{ jobId: job.job_id }} className="block hover:underline">
          <TaskPath workspace={job.workspace} task={job.task_name} />
        </Link>
      </td>
      {!hidden.includes("reason") && (
        <td className={CELL}>
          <JobReason job={job} className="block" />
        </td>
      )}
      {!hidden.includes("release") && (
        <td className={cn(CELL, "text-text-2 tabular-nums max-lg:hidden")} title={job.revision ?? undefined}>
          {job.release ?? "–"}
        </td>
      )}
      {!hidden.includes("who") && (
        <td className={cn(CELL, "text-text-2")} title={starterOf(job)}>
          {starterOf(job)}
        </td>
      )}
      {!hidden.includes("started") && (
        <td className={cn(CELL, "text-text-2 tabular-nums")}>
          <ClockTime at={job.created_at} />
        </td>
      )}
      {!hidden.includes("took") && (
        <td className={CELL}>
          <JobTook job={job} longest={longest} />
        </td>
      )}
      {!hidden.includes("id") && (
        <td className={cn(CELL, "pr-4 font-mono text-[11.5px] text-text-2 max-lg:hidden")} title={job.job_id}>
          {job.job_id.slice(0, 8)}
        </td>
      )}
    </tr>
  );
});

/** A job in two lines, for narrow screens. */
export function JobCard({ job }: { job: JobItem }) {
  return (
    <Link
      to="/jobs/$jobId"
      params={{ jobId: job.job_id }}
      className="grid h-[54px] grid-cols-[14px_minmax(0,1fr)_auto] content-center gap-x-2.5 border-line border-b px-4"
    >
      <span className="mt-[3px]">
        <JobGlyph job={job} />
      </span>
      <TaskPath workspace={job.workspace} task={job.task_name} />
      <span className="text-right text-12 tabular-nums">
        <JobDuration job={job} />
      </span>
      <span />
      <JobReason
        job={job}
        className="text-12"
        otherwise={<span className="truncate text-12 text-text-3">{starterOf(job)}</span>}
      />
      <ClockTime at={job.created_at} className="text-right text-12 text-text-3 tabular-nums" />
    </Link>
  );
}
