import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Approvals } from "@/api/approvals";
import { failuresQuery } from "@/api/home";
import type { WorkspaceItem } from "@/api/workspaces";
import { Button } from "@/components/ui/button";
import { Section } from "@/components/ui/section";
import { StateGlyph } from "@/components/ui/state-glyph";
import { StateWord } from "@/components/ui/state-word";
import { TaskPath } from "@/components/ui/task-path";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { visibleText } from "@/lib/json";
import { count } from "@/lib/number";
import { personName } from "@/lib/person";
import { declinedWords, reasonBeside, whyItWaits } from "@/lib/reason";
import { isOutOfStep, STANDINGS, shortRevision, standingOf, waitsForApproval } from "@/lib/standing";
import { Line, MORE, Nothing } from "./line";
import { Part } from "./part";
import type { HomeSearch } from "./span";

const TWO = "grid grid-cols-[14px_minmax(0,1fr)_auto] items-start gap-x-2.5 px-4 py-[5px] hover:bg-hover";

/** Failed jobs, newest first, with the first line of the error; a failure that a retry mended is told as completed. */
export function FailedLately({ search }: { search: HomeSearch }) {
  const failures = useQuery(failuresQuery(search));
  const where = search.from ? search : { hours: 24 };
  return (
    <Section
      title="Failed lately"
      remark={failures.data ? count(failures.data.total) : ""}
      className="pb-1.5"
      actions={
        <Link to="/jobs" search={{ status: "failed", ...where }} className={MORE}>
          All failures
        </Link>
      }
    >
      <Part query={failures} what="The list of failures" rows={3}>
        {({ items }) => (
          <>
            {items.length === 0 && (
              <Nothing>{search.from ? "Nothing failed in this span." : "Nothing failed since yesterday."}</Nothing>
            )}
            {items.map(({ job, mendedBy }) =>
              mendedBy ? (
                <Link key={job.job_id} to="/jobs/$jobId" params={{ jobId: mendedBy.job_id }} className="block">
                  <Line>
                    <StateGlyph state="completed" />
                    <span className="truncate text-text-2">
                      {job.workspace} / {job.task_name} failed at <ClockTime at={job.completed_at ?? job.created_at} />{" "}
                      and completed on a later attempt
                    </span>
                    <RelativeTime at={mendedBy.completed_at ?? mendedBy.created_at} className="text-12 text-text-3" />
                  </Line>
                </Link>
              ) : (
                <Link
                  key={job.job_id}
                  to="/jobs/$jobId"
                  params={{ jobId: job.job_id }}
                  search={job.reason_step ? { step: job.reason_step } : {}}
                  className={TWO}
                >
                  <StateGlyph state="failed" className="mt-[3px]" />
                  <span className="min-w-0">
                    <span className="flex min-w-0 items-baseline gap-2">
                      <TaskPath workspace={job.workspace} task={job.task_name} />
                      <span className="min-w-0 shrink-[99] truncate text-12 text-text-3 max-sm:hidden">
                        {[
                          job.reason_step && `step ${job.reason_step}`,
                          job.release && `release ${job.release}`,
                          job.started_by,
                        ]
                          .filter(Boolean)
                          .join(" · ")}
                      </span>
                    </span>
                  </span>
                  <RelativeTime
                    at={job.completed_at ?? job.created_at}
                    className="whitespace-nowrap text-12 text-text-3"
                  />
                  {job.reason_kind === "rejected" ? (
                    <span className="col-span-2 col-start-2 truncate text-12 text-text-2">
                      {declinedWords(job.reason_step, job.reason ?? "")}
                    </span>
                  ) : (
                    <span
                      className="col-span-2 col-start-2 truncate font-mono text-[11.5px] text-failed leading-[18px]"
                      title={job.reason ?? ""}
                    >
                      {reasonBeside(job.reason_step, job.reason ?? "failed without a message")}
                    </span>
                  )}
                </Link>
              ),
            )}
          </>
        )}
      </Part>
    </Section>
  );
}

interface AsksProps {
  approvals: UseQueryResult<Approvals>;
  workspaces: UseQueryResult<WorkspaceItem[]>;
}

/** Steps and revisions that wait for the answer of a person. */
export function Asks({ approvals, workspaces }: AsksProps) {
  const revisions = (workspaces.data ?? []).filter(waitsForApproval);
  const steps = approvals.data?.items ?? [];
  const isKnown = !!approvals.data && !!workspaces.data;
  return (
    <Section
      title="Waits for a person"
      remark={isKnown ? count(approvals.data.total + revisions.length) : ""}
      className="pb-1.5"
      actions={
        <Link to="/approvals" className={MORE}>
          Approvals
        </Link>
      }
    >
      {isKnown && steps.length + revisions.length === 0 && <Nothing>Nothing waits for an answer.</Nothing>}
      <Part query={approvals} what="The list of approvals" rows={1}>
        {() => null}
      </Part>
      {steps.slice(0, 5).map((one) => (
        <div key={one.job_id + one.step_name} className={TWO}>
          <StateGlyph state="waiting" className="mt-[3px]" />
          <span className="min-w-0">
            <TaskPath workspace={one.workspace} task={one.task_name} />
            <span className="line-clamp-2 text-12 text-text-2">
              step {one.step_name}
              {one.approval_message && `: “${one.approval_message}”`}
            </span>
          </span>
          <span className="flex items-center gap-2">
            {one.suspended_at && <RelativeTime at={one.suspended_at} className="text-12 text-text-3 max-sm:hidden" />}
            <Button size="sm" asChild>
              <Link to="/approvals" search={{ at: `${one.job_id}/${one.step_name}` }}>
                Review
              </Link>
            </Button>
          </span>
        </div>
      ))}
      {revisions.map((workspace) => (
        <div key={workspace.name} className={TWO}>
          <StateGlyph state="waiting" className="mt-[3px]" />
          <span className="min-w-0">
            <TaskPath
              workspace={workspace.name}
              task={`release ${workspace.release ?? "none"} → ${shortRevision(workspace.waiting?.revision)}`}
            />
            <span className="line-clamp-2 text-12 text-text-2" title={whyItWaits(workspace.waiting?.message ?? "")}>
              {workspace.commit?.message ? (
                <>
                  “{visibleText(workspace.commit.message.split("\n", 1)[0] ?? "")}” by{" "}
                  {personName(workspace.commit.author)}
                </>
              ) : (
                whyItWaits(workspace.waiting?.message ?? "")
              )}
            </span>
          </span>
          <span className="flex items-center gap-2">
            {workspace.waiting && (
              <RelativeTime at={workspace.waiting.since} className="text-12 text-text-3 max-sm:hidden" />
            )}
            <Button size="sm" asChild>
              <Link to="/workspaces/$workspace" params={{ workspace: workspace.name }}>
                Review plan
              </Link>
            </Button>
          </span>
        </div>
      ))}
    </Section>
  );
}

/** Workspaces that differ from their source, each with the reason. */
export function StrayWorkspaces({ workspaces }: Pick<AsksProps, "workspaces">) {
  const stray = (workspaces.data ?? [])
    .map((workspace) => ({ name: workspace.name, how: standingOf(workspace) }))
    .filter(({ how }) => isOutOfStep(how))
    .sort((one, other) => STANDINGS.indexOf(one.how.word) - STANDINGS.indexOf(other.how.word));
  return (
    <Section
      title="Workspaces out of step"
      remark={workspaces.data ? `${count(stray.length)} of ${count(workspaces.data.length)}` : ""}
      className="pb-1.5"
      actions={
        <Link to="/workspaces" className={MORE}>
          All workspaces
        </Link>
      }
    >
      <Part query={workspaces} what="The list of workspaces" rows={1}>
        {() => stray.length === 0 && <Nothing>All workspaces run what their sources say.</Nothing>}
      </Part>
      {stray.slice(0, 8).map(({ name, how }) => (
        <Link key={name} to="/workspaces/$workspace" params={{ workspace: name }} className="block">
          <Line>
            <StateGlyph state={how.state} label="" />
            <span className="flex min-w-0 items-baseline gap-1.5" title={how.reason}>
              <span className="max-w-[50%] flex-none truncate font-medium">{name}</span>
              <StateWord state={how.state} word={how.word} className="flex-none [&>svg]:hidden" />
              <span className="truncate text-12 text-text-2">{how.reason}</span>
            </span>
            {how.since ? <RelativeTime at={how.since} className="text-12 text-text-3" /> : <span />}
          </Line>
        </Link>
      ))}
    </Section>
  );
}
