import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { Schemas } from "@/api/client";
import { messageOf } from "@/api/error";
import { blockersQuery } from "@/api/queue";
import { JobGlyph, JobReason } from "@/components/ui/job-cells";
import { Cell, Row } from "@/components/ui/table";
import { TaskPath } from "@/components/ui/task-path";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { counted } from "@/lib/number";

interface Props {
  job: Schemas["JobItem"];
  isOpen: boolean;
  isCurrent: boolean;
  onToggle: () => void;
}

/** A job that waits; opened, what blocks it and each of its steps. */
export function WaitingJob({ job, isOpen, isCurrent, onToggle }: Props) {
  return (
    <>
      <Row isCurrent={isCurrent} data-job={job.job_id}>
        <Cell>
          <JobGlyph job={job} />
        </Cell>
        <Cell>
          <Link to="/jobs/$jobId" params={{ jobId: job.job_id }} className="block hover:underline">
            <TaskPath workspace={job.workspace} task={job.task_name} />
          </Link>
        </Cell>
        <Cell>
          <JobReason job={job} className="block" />
        </Cell>
        <Cell className="text-text-2 max-sm:hidden">{job.started_by ?? "–"}</Cell>
        <Cell className="text-text-2 tabular-nums max-sm:hidden">
          <RelativeTime at={job.created_at} />
        </Cell>
        <Cell className="text-right">
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={`What blocks ${job.task_name} ${job.job_id.slice(0, 8)}`}
            className="inline-grid size-6 place-items-center rounded-2 align-middle text-text-3 hover:bg-hover"
            onClick={onToggle}
          >
            <ChevronRight size={14} className={cn("transition-transform duration-(--fast)", isOpen && "rotate-90")} />
          </button>
        </Cell>
      </Row>
      {isOpen && (
        <tr className="bg-sunken">
          <td colSpan={6} className="px-4 py-2 sm:pl-14">
            <Blockers id={job.job_id} />
          </td>
        </tr>
      )}
    </>
  );
}

function Blockers({ id }: { id: string }) {
  const query = useQuery(blockersQuery(id));
  if (query.error) return <p className="text-failed">{messageOf(query.error)}</p>;
  if (!query.data) return <p className="text-text-3">Asks the server …</p>;
  const { blockers, forecast } = query.data;
  if (!blockers.length) return <p className="text-text-3">Nothing blocks it any more.</p>;
  return (
    <ul className="flex flex-col gap-1">
      {blockers.map((blocker) => (
        <li key={`${blocker.step}${blocker.kind}${blocker.text}`} className="flex flex-wrap gap-x-2">
          <span className="font-mono text-12 leading-5">{blocker.step ?? "the job"}</span>
          <span className="text-text-2">{blocker.text}</span>
          {blocker.since && (
            <span className="text-text-3">
              since <ClockTime at={blocker.since} />
            </span>
          )}
          {blocker.ahead_count ? <span className="text-text-3">{blocker.ahead_count} before it</span> : null}
          {blocker.held_by.map((owner) => (
            <Link
              key={`${owner.job_id}${owner.step}`}
              to="/jobs/$jobId"
              params={{ jobId: owner.job_id }}
              className="text-accent hover:underline"
            >
              held by {owner.task}
            </Link>
          ))}
        </li>
      ))}
      {forecast?.begins?.likely && (
        <li className="text-text-3">
          It likely begins <RelativeTime at={forecast.begins.likely} />, by{" "}
          {counted(forecast.begins.sample_size, "former job")}.
        </li>
      )}
    </ul>
  );
}
