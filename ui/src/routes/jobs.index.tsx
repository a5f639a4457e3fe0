import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import { frameCountsQuery } from "@/api/counts";
import { jobPagesQuery } from "@/api/jobs";
import { Page, PageFoot } from "@/components/frame/page";
import { JobFiltersBar } from "@/components/jobs/filters";
import { JobsTable } from "@/components/jobs/jobs-table";
import { SavedViews } from "@/components/jobs/saved-views";
import { filtersOf, isFiltered, type JobsSearch, readSearch } from "@/components/jobs/search";
import { useCalmList } from "@/components/jobs/use-calm-list";
import { useSelection } from "@/components/jobs/use-selection";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { Kbd } from "@/components/ui/kbd";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useShortcuts } from "@/lib/keys";
import { count } from "@/lib/number";

export const Route = createFileRoute("/jobs/")({ component: JobsPage, validateSearch: readSearch });

function JobsPage() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/jobs/" });
  const scroller = useRef<HTMLDivElement>(null);
  const searchField = useRef<HTMLInputElement>(null);
  const isInside = useRef(false);
  const [current, setCurrent] = useState(-1);
  const filters = useMemo(() => filtersOf(search), [search]);
  const jobs = useInfiniteQuery(jobPagesQuery(filters));
  const all = useMemo(() => jobs.data?.pages.flatMap((page) => page.items) ?? [], [jobs.data]);
  const key = JSON.stringify(filters);
  const calm = useCalmList(all, key, () => !isInside.current && (scroller.current?.scrollTop ?? 0) < 4);
  const order = useMemo(() => calm.rows.map((job) => job.job_id), [calm.rows]);
  const selection = useSelection(order);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = jobs;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const change = (change: Partial<JobsSearch>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const clear = () => navigate({ search: {} });
  const currentId = order[current];
  const move = (step: number) => setCurrent((index) => Math.min(Math.max(index + step, 0), order.length - 1));
  const group = "Jobs";
  useShortcuts([
    { keys: "/", label: "Search", group, run: () => searchField.current?.focus() },
    { keys: "j", label: "Next job", group, run: () => move(1) },
    { keys: "k", label: "Job before", group, run: () => move(-1) },
    {
      keys: "Enter",
      label: "Open the job",
      group,
      run: () => currentId && navigate({ to: "/jobs/$jobId", params: { jobId: currentId } }),
    },
    { keys: "x", label: "Select the job", group, run: () => currentId && selection.toggle(currentId, false) },
    { keys: "X", label: "Select up to the job", group, run: () => currentId && selection.toggle(currentId, true) },
    { keys: "Escape", label: "Free the selection", group, run: () => selection.clear() },
  ]);
  const page = jobs.data?.pages.at(-1);
  const total = page ? `${count(page.total)}${page.total_is_lower_bound ? "+" : ""}` : "";
  return (
    <Page
      title="Jobs"
      remark={<JobCounts />}
      className="overflow-hidden"
      actions={
        <>
          <SavedViews search={search} onChoose={(view) => navigate({ search: view })} />
          <Button variant="primary" onClick={() => navigate({ to: "/tasks" })}>
            <Play size={14} />
            Run a task
          </Button>
        </>
      }
    >
      <JobFiltersBar search={search} onChange={change} onClear={clear} searchField={searchField} />
      <div
        ref={scroller}
        className="relative min-h-0 flex-1 overflow-auto"
        onPointerEnter={() => {
          isInside.current = true;
        }}
        onPointerLeave={() => {
          isInside.current = false;
        }}
      >
        {jobs.error && all.length === 0 ? (
          <ErrorState error={jobs.error} what="The list of jobs" onRetry={() => jobs.refetch()} />
        ) : jobs.isPending ? (
          <SkeletonRows rows={30} />
        ) : all.length === 0 ? (
          <NoJobs isFiltered={isFiltered(search)} onClear={clear} />
        ) : (
          <JobsTable
            rows={calm.rows}
            newer={calm.newer}
            onLetIn={() => {
              calm.letIn();
              scroller.current?.scrollTo({ top: 0 });
            }}
            selection={selection}
            current={current}
            onEnd={more}
            scroller={scroller}
          />
        )}
      </div>
      <PageFoot>
        <span className="tabular-nums">
          {count(calm.rows.length)} of {total}
        </span>
        {hasNextPage && (
          <button type="button" className="text-accent hover:underline" onClick={more}>
            Older
          </button>
        )}
        <span className="ml-auto flex items-center gap-1.5">
          <Kbd>J</Kbd>
          <Kbd>K</Kbd> move <Kbd>X</Kbd> select <Kbd>Enter</Kbd> open <Kbd>?</Kbd> all keys
        </span>
      </PageFoot>
    </Page>
  );
}

function JobCounts() {
  const counts = useQuery(frameCountsQuery).data;
  return counts ? (
    <span className="truncate tabular-nums max-sm:hidden">
      {count(counts.running)} running · {count(counts.waiting)} wait
    </span>
  ) : null;
}

function NoJobs({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered)
    return (
      <EmptyState title="Nothing matches the filters.">
        <Button onClick={onClear}>Clear</Button>
      </EmptyState>
    );
  return (
    <EmptyState
      title="Jobs appear here once a task runs: by a trigger, a person or another job."
      commands={["stroem tasks", "stroem trigger main/hello"]}
    >
      Run a task from its page or by a command.
    </EmptyState>
  );
}
