import { useInfiniteQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useMemo, useRef } from "react";
import { type TriggerItem, triggerPagesQuery } from "@/api/triggers";
import { workspacesQuery } from "@/api/workspaces";
import { Page, PageFoot, ShownOf } from "@/components/frame/page";
import { filtersOf, isFiltered, readSearch, type TriggersSearch } from "@/components/triggers/search";
import { TriggerCard, TriggerRow } from "@/components/triggers/trigger-row";
import { WeekCalendar } from "@/components/triggers/week-calendar";
import { ChoiceChip } from "@/components/ui/choice-chip";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { FilterBar } from "@/components/ui/filter-bar";
import { MoreButton } from "@/components/ui/more-button";
import { NothingMatches } from "@/components/ui/nothing-matches";
import { Segments } from "@/components/ui/segments";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { TextFilter } from "@/components/ui/text-filter";
import { scheduleWords, typeWords } from "@/components/ui/trigger-words";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { WorkspaceChip } from "@/components/ui/workspace-chip";
import { useShortcuts } from "@/lib/keys";
import { NARROW, useMedia } from "@/lib/media";
import { count } from "@/lib/number";
import { only } from "@/lib/search";

export const Route = createFileRoute("/triggers/")({
  component: TriggersPage,
  validateSearch: only(readSearch),
  loader: ({ context }) => context.queryClient.ensureQueryData(workspacesQuery).catch(() => []),
});

const TYPES = ["scheduler", "webhook", "job_outcome", "event_source", "files"].map(
  (type) => [type, typeWords(type)] as const,
);
const STATES = [
  ["live", "live"],
  ["paused", "paused"],
  ["disabled", "disabled in git"],
] as const;
const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Trigger", className: "w-[22%]" },
  { label: "Starts", className: "w-[12%]" },
  { label: "Type", className: "w-[104px] max-lg:hidden" },
  { label: "When", className: "w-[21%]" },
  { label: "Next", className: "" },
  { label: "Last fire", className: "w-[108px]" },
  { label: "Verbs", className: "w-[84px]", isQuiet: true },
];

const KEYS = [
  ["J K", "move"],
  ["Enter", "open"],
  ["W", "list or week"],
] as const;

function TriggersPage() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/triggers/" });
  const field = useRef<HTMLInputElement>(null);
  const isNarrow = useMedia(NARROW);
  const query = useInfiniteQuery(triggerPagesQuery(filtersOf(search)));
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const change = (next: Partial<TriggersSearch>) =>
    navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  const clear = () => navigate({ search: search.view ? { view: search.view } : {} });
  const open = (index: number) => {
    const trigger = all[index];
    if (trigger)
      navigate({
        to: "/triggers/$workspace/$trigger",
        params: { workspace: trigger.workspace, trigger: trigger.name },
      });
  };
  const [current] = useRowKeys({
    group: "Triggers",
    noun: "trigger",
    count: search.view ? 0 : all.length,
    onOpen: open,
  });
  const toggleView = () => change({ view: search.view ? undefined : "week" });
  useShortcuts([
    { keys: "/", label: "Search", group: "Triggers", run: () => field.current?.focus() },
    { keys: "w", label: "List or week", group: "Triggers", run: toggleView },
  ]);
  const words = useMemo(() => new Map(all.map((one) => [`${one.workspace}/${one.name}`, scheduleWords(one)])), [all]);
  return (
    <Page
      title="Triggers"
      remark={query.data ? remarkOf(all, total) : ""}
      actions={
        <Segments
          label="View"
          value={search.view ?? "list"}
          onChange={(view) => change({ view: view === "week" ? view : undefined })}
          options={[
            { value: "list", label: "List" },
            { value: "week", label: "Week" },
          ]}
        />
      }
      className="overflow-hidden"
    >
      <FilterBar isFiltered={isFiltered(search)} onClear={clear}>
        {!search.view && (
          <TextFilter
            field={field}
            value={search.q ?? ""}
            onChange={(q) => change({ q: q || undefined })}
            placeholder="Workspace, name, task"
          />
        )}
        <WorkspaceChip value={search.workspace} onChange={(workspace) => change({ workspace })} />
        {!search.view && (
          <>
            <ChoiceChip label="Type" value={search.type} options={TYPES} onChange={(type) => change({ type })} />
            <ChoiceChip
              label="State"
              value={search.state}
              options={STATES}
              onChange={(state) => change({ state: state as TriggersSearch["state"] })}
            />
          </>
        )}
      </FilterBar>
      <div className="min-h-0 flex-1 overflow-auto">
        {search.view ? (
          <WeekCalendar
            workspace={search.workspace}
            wordsOf={(workspace, trigger) => words.get(`${workspace}/${trigger}`) ?? "often"}
          />
        ) : query.error && !query.data ? (
          <ErrorState error={query.error} what="The list of triggers" onRetry={query.refetch} />
        ) : query.isPending ? (
          <SkeletonRows rows={20} height={28} hasHead />
        ) : all.length === 0 ? (
          isFiltered(search) ? (
            <NothingMatches onClear={clear} />
          ) : (
            <NoTriggers />
          )
        ) : (
          <>
            {isNarrow ? (
              all.map((trigger) => <TriggerCard key={`${trigger.workspace}/${trigger.name}`} trigger={trigger} />)
            ) : (
              <Table columns={COLUMNS} label="Triggers">
                {all.map((trigger, index) => (
                  <TriggerRow
                    key={`${trigger.workspace}/${trigger.name}`}
                    trigger={trigger}
                    isCurrent={index === current}
                  />
                ))}
              </Table>
            )}
            <MoreButton query={query}>Show more</MoreButton>
          </>
        )}
      </div>
      <PageFoot keys={KEYS}>
        <ShownOf shown={all.length} total={query.data && total} />
      </PageFoot>
    </Page>
  );
}

function remarkOf(all: TriggerItem[], total: number): string {
  const paused = all.filter((trigger) => trigger.state === "paused").length;
  const broken = all.filter((trigger) => trigger.problem).length;
  return [`${count(total)} in all`, paused && `${count(paused)} paused`, broken && `${count(broken)} with a problem`]
    .filter(Boolean)
    .join(" · ");
}

function NoTriggers() {
  return (
    <EmptyState title="Triggers appear here once a workspace's file names some." commands={["stroem validate ."]}>
      A schedule, a webhook, another job's end or an event starts a task: add it under <code>triggers</code> in a file
      of the workspace and push.
    </EmptyState>
  );
}
