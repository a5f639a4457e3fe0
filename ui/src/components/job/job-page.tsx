import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Job, usualQuery, usualTimes, waitingQuery } from "@/api/job";
import { Page } from "@/components/frame/page";
import { CopyButton } from "@/components/ui/copy-button";
import { Sheet } from "@/components/ui/dialog";
import { wordOf } from "@/components/ui/state-glyph";
import { StatePill } from "@/components/ui/state-word";
import { useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";
import { useShortcuts } from "@/lib/keys";
import { MEDIUM, NARROW, useMedia } from "@/lib/media";
import { localWords } from "@/lib/reason";
import { ArtifactsPane } from "./artifacts-pane";
import { Asks } from "./asks";
import { FactsLine } from "./facts-line";
import { HistoryPane } from "./history-pane";
import { JobActions } from "./job-actions";
import { JobGraphPane } from "./job-graph";
import { stateOfJob, wordOfJob } from "./job-state";
import { JobTabs } from "./job-tabs";
import { Notes } from "./notes";
import { RelatedPane } from "./related-pane";
import type { JobSearch, JobTab } from "./search";
import { failedPaths } from "./step-tree";
import { StepsTable } from "./steps-table";
import { useFavicon } from "./use-favicon";
import { useJobView } from "./use-job-view";
import { ValuesPane } from "./values-pane";

/** Which log is shown beside the steps. */
interface ShownLog {
  jobId: string;
  step: string;
  attempt: number | undefined;
  attempts: number;
  status: string;
  onAttempt: (attempt: number) => void;
  waitsFor: string | null;
}

interface Props {
  job: Job;
  search: JobSearch;
  onSearch: (search: JobSearch, isReplacing: boolean) => void;
  onCompare: () => void;
  log: (log: ShownLog) => React.ReactNode;
}

/** A job: how far it is, why, and what it says. Graph, steps and log share one selection, which the URL holds. */
export function JobPage({ job, search, onSearch, onCompare, log }: Props) {
  const { data: usual } = useQuery(usualQuery(job.workspace, job.task_name));
  const isNarrow = useMedia(NARROW);
  const isMedium = useMedia(MEDIUM) && !isNarrow;
  const [isLogOpen, setLogOpen] = useState(false);
  const select = (step: string, attempt?: number) => {
    onSearch({ ...search, step, attempt, line: undefined }, true);
    if (isMedium) setLogOpen(true);
  };
  const view = useJobView(job, search, select);
  const state = stateOfJob(job);
  const usualOf = useMemo(() => usualTimes(usual?.steps), [usual]);
  useFavicon(state);
  const now = useNow(60_000);
  const percent = job.usual_ms && job.started_at ? ((now - Date.parse(job.started_at)) / job.usual_ms) * 100 : null;
  const word = wordOfJob(job) ?? wordOf(state);
  const tabWords = state === "running" && percent !== null ? `${Math.min(Math.round(percent), 99)} %` : word;
  const { selected } = view;
  const { data: waiting } = useQuery(waitingQuery(job));
  const jobWait = waiting?.blockers.find((blocker) => blocker.step === null);
  const wait = selected?.node?.step.waiting_reason ?? jobWait?.text;
  const shown: ShownLog | null = selected && {
    jobId: selected.node?.step.kept_from_job_id ?? job.job_id,
    step: selected.path,
    attempt: view.attempt,
    attempts: selected.attempts,
    status: selected.status,
    onAttempt: (attempt) => select(selected.path, attempt),
    waitsFor: wait ? localWords(wait) : null,
  };
  const tab = search.tab ?? "steps";
  const openTab = (next: JobTab) => onSearch({ ...search, tab: next === "steps" ? undefined : next }, false);
  useFailedKeys(view, select);
  const focusLog = () =>
    document.querySelector<HTMLElement>("[data-job-log] [role=log], [data-job-log] [tabindex='0']")?.focus();
  return (
    <Page
      crumbs={[
        { label: "Jobs", to: "/jobs" },
        { label: job.workspace, to: `/workspaces/${job.workspace}` },
      ]}
      title={job.task_name}
      tab={`${tabWords} ${job.task_name}`}
      remark={
        <>
          <span className="flex items-center font-mono max-sm:hidden">
            {job.job_id.slice(0, 8)}
            <CopyButton text={job.job_id} label="Copy the id" />
          </span>
          <StatePill state={state} word={wordOfJob(job)} share={percent === null ? undefined : percent / 100} />
        </>
      }
      actions={<JobActions job={job} selected={selected?.path ?? null} onCompare={onCompare} />}
      className={isNarrow ? "" : "overflow-hidden"}
    >
      <FactsLine job={job} tree={view.tree} />
      <Asks job={job} onStep={(path) => select(path)} />
      <Notes job={job} onStep={(path) => select(path)} />
      <div className="flex min-h-0 flex-1 max-sm:flex-none max-sm:flex-col">
        <div
          className={cn(
            "flex min-h-0 min-w-0 flex-col max-sm:flex-none",
            shown && !isMedium && !isNarrow ? "w-[min(max(688px,40%),56%)] flex-none border-line border-r" : "flex-1",
          )}
        >
          <JobTabs job={job} value={tab} onChange={openTab} steps={view.tree.roots.length} />
          {tab === "steps" && (
            <>
              <JobGraphPane view={view} usual={usualOf} onOpenLog={focusLog} />
              <StepsTable view={view} usual={usualOf} onOpenLog={focusLog} />
            </>
          )}
          {tab === "values" && <ValuesPane view={view} />}
          {tab === "artifacts" && <ArtifactsPane job={job} />}
          {tab === "jobs" && <RelatedPane job={job} />}
          {tab === "history" && <HistoryPane view={view} />}
        </div>
        {shown && !isMedium && (tab === "steps" || !isNarrow) && (
          <div
            data-job-log
            className="flex min-h-0 min-w-0 flex-1 flex-col max-sm:h-[420px] max-sm:flex-none max-sm:border-line max-sm:border-t"
          >
            {log(shown)}
          </div>
        )}
      </div>
      {shown && isMedium && (
        <Sheet
          open={isLogOpen}
          onOpenChange={setLogOpen}
          title={`Log of ${shown.step}`}
          className="w-[min(720px,90vw)]"
        >
          <div data-job-log className="flex h-full min-h-0 flex-col">
            {log(shown)}
          </div>
        </Sheet>
      )}
    </Page>
  );
}

function useFailedKeys(view: ReturnType<typeof useJobView>, select: (path: string) => void): void {
  const go = (by: 1 | -1) => {
    const failed = failedPaths(view.tree);
    const at = failed.indexOf(view.selected?.path ?? "");
    const next = at < 0 ? (by > 0 ? 0 : failed.length - 1) : (at + by + failed.length) % failed.length;
    const path = failed[next];
    if (path !== undefined) select(path);
  };
  useShortcuts([
    { keys: "n", label: "Next failed step", group: "Job", run: () => go(1) },
    { keys: "N", label: "Failed step before", group: "Job", run: () => go(-1) },
  ]);
}
