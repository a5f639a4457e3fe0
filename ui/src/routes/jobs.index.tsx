import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import type { BulkTarget, BulkVerb } from "@/api/bulk";
import { frameCountsQuery } from "@/api/counts";
import { histogramQuery, jobPagesQuery } from "@/api/jobs";
import { Page, PageFoot } from "@/components/frame/page";
import { BulkBar } from "@/components/jobs/bulk-bar";
import { BulkDialog } from "@/components/jobs/bulk-dialog";
import { ColumnsMenu, useHiddenColumns } from "@/components/jobs/columns";
import { JobFiltersBar } from "@/components/jobs/filters";
import { Histogram } from "@/components/jobs/histogram";
import { JobsTable } from "@/components/jobs/jobs-table";
import { NoJobs } from "@/components/jobs/no-jobs";
import { SavedViews } from "@/components/jobs/saved-views";
import { filtersOf, isFiltered, type JobsSearch, readSearch } from "@/components/jobs/search";
import { useCalmList } from "@/components/jobs/use-calm-list";
import { useSelection } from "@/components/jobs/use-selection";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/error-state";
import { NothingMatches } from "@/components/ui/nothing-matches";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { useShortcuts } from "@/lib/keys";
import { count } from "@/lib/number";
import { only } from "@/lib/search";

export const Route = createFileRoute("/jobs/")({
  component: JobsPage,
  validateSearch: only(readSearch),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => {
    const filters = filtersOf(deps);
    context.queryClient.prefetchInfiniteQuery(jobPagesQuery(filters));
    context.queryClient.prefetchQuery(histogramQuery(filters));
  },
});

const KEYS = [
  ["J K", "move"],
  ["X", "select"],
  ["Enter", "open"],
  ["R", "run again"],
] as const;

function JobsPage() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/jobs/" });
  const scroller = useRef<HTMLDivElement>(null);
  const searchField = useRef<HTMLInputElement>(null);
  const isInside = useRef(false);
  const filters = useMemo(() => filtersOf(search), [search]);
  const jobs = useInfiniteQuery(jobPagesQuery(filters));
  const all = useMemo(() => jobs.data?.pages.flatMap((page) => page.items) ?? [], [jobs.data]);
  const key = JSON.stringify(filters);
  const calm = useCalmList(all, key, () => !isInside.current && (scroller.current?.scrollTop ?? 0) < 4);
  const order = useMemo(() => calm.rows.map((job) => job.job_id), [calm.rows]);
  const selection = useSelection(order);
  const columns = useHiddenColumns();
  const [isAll, setAll] = useState(false);
  const [bulk, setBulk] = useState<{ verb: BulkVerb; target: BulkTarget } | null>(null);
  const free = () => {
    setAll(false);
    selection.clear();
  };
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = jobs;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const change = (change: Partial<JobsSearch>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const clear = () => navigate({ search: {} });
  const group = "Jobs";
  const [current] = useRowKeys({
    group,
    noun: "job",
    count: order.length,
    onOpen: (index) => {
      const jobId = order[index];
      if (jobId) navigate({ to: "/jobs/$jobId", params: { jobId } });
    },
  });
  const currentId = order[current];
  const ask = (verb: BulkVerb) => {
    const ids = selection.size > 0 ? selection.ids : currentId ? [currentId] : [];
    if (isAll) setBulk({ verb, target: { filter: filters } });
    else if (ids.length > 0) setBulk({ verb, target: { ids } });
  };
  useShortcuts([
    { keys: "/", label: "Search", group, run: () => searchField.current?.focus() },
    { keys: "x", label: "Select the job", group, run: () => currentId && selection.toggle(currentId, false) },
    { keys: "X", label: "Select up to the job", group, run: () => currentId && selection.toggle(currentId, true) },
    { keys: "Escape", label: "Clear the selection", group, run: free },
    { keys: "r", label: "Run the job or the selected ones again", group, run: () => ask("rerun") },
    { keys: "c", label: "Cancel the job or the selected ones", group, run: () => ask("cancel") },
  ]);
  const page = jobs.data?.pages.at(-1);
  const total = page ? `${count(page.total)}${page.total_is_lower_bound ? "+" : ""}` : "";
  return (
    <Page
      title="Jobs"
      remark={useJobCounts()}
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
      <JobFiltersBar search={search} onChange={change} onClear={clear} searchField={searchField}>
        <ColumnsMenu hidden={columns.hidden} onToggle={columns.toggle} />
      </JobFiltersBar>
      <Histogram filters={filters} onSpan={(from, to) => change({ from, to, hours: undefined })} />
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
          <SkeletonRows rows={30} hasHead />
        ) : all.length === 0 ? (
          isFiltered(search) ? (
            <NothingMatches onClear={clear} />
          ) : (
            <NoJobs />
          )
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
            hidden={columns.hidden}
            onEnd={more}
            scroller={scroller}
          />
        )}
      </div>
      {selection.size > 0 && (
        <BulkBar
          size={selection.size}
          total={total}
          isAll={isAll}
          onAll={() => setAll(true)}
          onRerun={() => ask("rerun")}
          onCancel={() => ask("cancel")}
          onClear={free}
        />
      )}
      {bulk && <BulkDialog {...bulk} onClose={() => setBulk(null)} onDone={free} />}
      {selection.size === 0 && (
        <PageFoot keys={KEYS}>
          {page && (
            <span className="tabular-nums">
              {count(calm.rows.length)} of {total}
            </span>
          )}
          {hasNextPage && (
            <button type="button" className="text-accent hover:underline" onClick={more}>
              Older
            </button>
          )}
        </PageFoot>
      )}
    </Page>
  );
}

function useJobCounts(): string {
  const counts = useQuery(frameCountsQuery).data;
  if (!counts) return "";
  const { running, waiting } = counts;
  if (running + waiting === 0) return "nothing runs or waits";
  return `${count(running)} running · ${count(waiting)} ${waiting === 1 ? "waits" : "wait"}`;
}
