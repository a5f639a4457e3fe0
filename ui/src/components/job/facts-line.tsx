import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bell, Calendar, Code, CornerLeftUp, RotateCw, User } from "lucide-react";
import { isLive, type Job, originOf, usualQuery, waitingQuery } from "@/api/job";
import { Fact, Facts } from "@/components/ui/facts";
import { Revision } from "@/components/ui/revision";
import { ClockTime, Elapsed, RelativeTime } from "@/components/ui/time";
import { duration } from "@/lib/duration";
import { visibleText } from "@/lib/json";
import { count } from "@/lib/number";
import { personName } from "@/lib/person";
import { starterOf } from "@/lib/starter";
import type { StepTree } from "./step-tree";
import { inShort } from "./values";

interface Props {
  job: Job;
  tree: StepTree;
}

/** How long, until when, usually how long, from whom, from which release, with what, how far. */
export function FactsLine({ job, tree }: Props) {
  const { data: usual } = useQuery(usualQuery(job.workspace, job.task_name));
  const { data: waiting } = useQuery(waitingQuery(job));
  const ends = waiting?.forecast.ends;
  const p50 = usual?.task.p50_ms;
  const numberOf = (status: string) => tree.roots.filter((node) => node.step.status === status).length;
  const [completed, failed, skipped] = [numberOf("completed"), numberOf("failed"), numberOf("skipped")];
  return (
    <Facts className="max-sm:flex-nowrap max-sm:gap-x-4 max-sm:overflow-x-auto max-sm:[&>div]:flex-none">
      {job.started_at ? (
        <Fact label={isLive(job) ? "Runs for" : "Took"}>
          <Elapsed from={job.started_at} to={job.completed_at} />
        </Fact>
      ) : (
        <Fact label="Waits for">
          <Elapsed from={job.created_at} to={job.completed_at} />
        </Fact>
      )}
      {isLive(job) ? (
        <Fact label="Ends about">
          {ends ? (
            <>
              <ClockTime at={ends.likely} className="font-normal" />
              <span className="font-normal text-text-3">
                <RelativeTime at={ends.likely} />
              </span>
            </>
          ) : (
            <span className="font-normal text-text-3" title={waiting?.forecast.unknown ?? undefined}>
              not known
            </span>
          )}
        </Fact>
      ) : (
        <Fact label="Ended">{job.completed_at && <ClockTime at={job.completed_at} className="font-normal" />}</Fact>
      )}
      {p50 != null && (
        <Fact label="Usual">
          <span className="font-normal">{duration(p50)}</span>
          {usual?.task.p95_ms != null && (
            <span className="font-normal text-text-3">p95 {duration(usual.task.p95_ms)}</span>
          )}
        </Fact>
      )}
      <Fact label="Started by">
        <StartedBy job={job} />
      </Fact>
      <Fact label="Release">
        {job.release != null && (
          <Link
            to="/workspaces/$workspace"
            params={{ workspace: job.workspace }}
            search={{ tab: "changes", release: job.release }}
            className="font-normal text-accent hover:underline"
          >
            {job.release}
          </Link>
        )}
        <Revision revision={job.revision} url={job.commit_url} title={commitWords(job)} />
      </Fact>
      <Fact label="Input" className="min-w-0 shrink">
        <span className="min-w-0 truncate font-mono font-normal text-12 leading-5">
          {visibleText(inShort(job.input))}
        </span>
      </Fact>
      <Fact label="Steps">
        <span className="font-normal">
          {count(completed)} of {count(tree.roots.length)} completed
        </span>
        {failed > 0 && <span className="font-normal text-failed">{count(failed)} failed</span>}
        {skipped > 0 && <span className="font-normal text-text-3">{count(skipped)} skipped</span>}
      </Fact>
      {job.max_retries ? (
        <Fact label="Attempt">
          <span className="font-normal">
            {job.retry_attempt + 1} of {job.max_retries + 1}
          </span>
        </Fact>
      ) : null}
    </Facts>
  );
}

function StartedBy({ job }: { job: Job }) {
  const words = starterOf(job);
  const glyph = { size: 14, className: "flex-none text-text-2" };
  const text = <span className="min-w-0 max-w-[220px] truncate font-normal">{words}</span>;
  const origin = originOf(job);
  if (origin) {
    const Icon = job.source_type === "task" ? CornerLeftUp : RotateCw;
    return (
      <Link to="/jobs/$jobId" params={{ jobId: origin }} className="flex min-w-0 items-center gap-1.5 hover:underline">
        <Icon {...glyph} />
        {text}
      </Link>
    );
  }
  if (job.started_by?.startsWith("trigger ")) {
    const trigger = job.started_by.slice("trigger ".length);
    return (
      <Link
        to="/triggers/$workspace/$trigger"
        params={{ workspace: job.workspace, trigger }}
        className="flex min-w-0 items-center gap-1.5 hover:underline"
      >
        <Calendar {...glyph} />
        {text}
      </Link>
    );
  }
  const Icon = job.source_type === "api" ? Code : job.source_type === "hook" ? Bell : User;
  return (
    <>
      <Icon {...glyph} />
      {text}
    </>
  );
}

function commitWords({ commit, revision }: Job): string | undefined {
  return commit ? `“${visibleText(commit.title)}” by ${personName(commit.author)}` : (revision ?? undefined);
}
