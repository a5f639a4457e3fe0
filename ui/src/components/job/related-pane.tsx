import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Job, type JobSummary, jobQuery, originOf, relatedQuery } from "@/api/job";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { JobGlyph, JobReason } from "@/components/ui/job-cells";
import { Section } from "@/components/ui/section";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { TaskPath } from "@/components/ui/task-path";
import { ClockTime, Elapsed } from "@/components/ui/time";

const AGAIN = ["rerun", "restart"];

/** The job that started this one, those it started, and those that run it again. */
export function RelatedPane({ job }: { job: Job }) {
  const { data, error, refetch } = useQuery(relatedQuery(job.job_id));
  if (error) return <ErrorState error={error} what="The jobs" onRetry={refetch} />;
  if (!data) return <SkeletonRows rows={4} height={28} />;
  const again = data.items.filter((item) => AGAIN.includes(item.source_type));
  const children = data.items.filter((item) => !AGAIN.includes(item.source_type));
  const origin = originOf(job);
  const originTitle = AGAIN.includes(job.source_type) ? "Is a re-run of" : "Started by";
  const attempts = [
    { id: job.retry_of_job_id, title: "The attempt before" },
    { id: job.retry_job_id, title: "The next attempt" },
  ];
  const isEmpty = data.items.length === 0 && !origin && !attempts.some(({ id }) => id);
  if (isEmpty) {
    return (
      <EmptyState title="Jobs that this one starts, and those that run it again, would be here.">
        A step with <code>type: task</code> starts a job of another task.
      </EmptyState>
    );
  }
  return (
    <div className="min-h-0 flex-1 overflow-auto">
      {origin && (
        <Section title={originTitle}>
          <One id={origin} />
        </Section>
      )}
      {attempts.map(
        ({ id, title }) =>
          id && (
            <Section key={title} title={title}>
              <One id={id} />
            </Section>
          ),
      )}
      {children.length > 0 && <List title="Children" items={children} />}
      {again.length > 0 && <List title="Re-runs of it" items={again} compareTo={job.job_id} />}
      {data.total > data.items.length && (
        <Link to="/jobs" search={{ parent: job.job_id }} className="block px-4 py-2 text-accent hover:underline">
          All {data.total} in the list of jobs
        </Link>
      )}
    </div>
  );
}

function One({ id }: { id: string }) {
  const { data } = useQuery(jobQuery(id));
  if (!data) return <SkeletonRows rows={1} height={28} />;
  return (
    <div className="grid h-7 grid-cols-[14px_minmax(0,1fr)_auto] items-center gap-2 px-4">
      <StateGlyph state={stateOf(data.status)} />
      <Link to="/jobs/$jobId" params={{ jobId: id }} className="min-w-0 hover:underline">
        <TaskPath workspace={data.workspace} task={data.task_name} />
      </Link>
      <span className="text-12 text-text-3">
        <ClockTime at={data.created_at} />
      </span>
    </div>
  );
}

function List({ title, items, compareTo }: { title: string; items: JobSummary[]; compareTo?: string }) {
  return (
    <Section title={title} remark={items.length}>
      <ul className="pb-2">
        {items.map((item) => (
          <li
            key={item.job_id}
            className="grid h-7 grid-cols-[14px_minmax(0,2fr)_minmax(0,3fr)_auto_auto] items-center gap-2 px-4 hover:bg-hover"
          >
            <JobGlyph job={item} />
            <Link to="/jobs/$jobId" params={{ jobId: item.job_id }} className="min-w-0 hover:underline">
              <TaskPath workspace={item.workspace} task={item.task_name} />
            </Link>
            <JobReason job={item} className="text-12" />
            <span className="text-12 text-text-3 tabular-nums">
              {item.started_at ? <Elapsed from={item.started_at} to={item.completed_at} /> : "–"}
            </span>
            {compareTo ? (
              <Link
                to="/jobs/$jobId/compare"
                params={{ jobId: compareTo }}
                search={{ other: item.job_id }}
                className="text-12 text-accent hover:underline"
              >
                Compare
              </Link>
            ) : (
              <span className="text-12 text-text-3">
                <ClockTime at={item.created_at} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
