import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useMemo, useRef } from "react";
import { nextFiresQuery, outcomesQuery, tasksQuery } from "@/api/tasks";
import { Page, PageFoot, ShownOf } from "@/components/frame/page";
import { rowsOf, rowsWithin, sortRows } from "@/components/tasks/rows";
import { readSearch, type TasksSearch } from "@/components/tasks/search";
import { TasksTable } from "@/components/tasks/tasks-table";
import { treeOf } from "@/components/tasks/tree";
import { TreePane } from "@/components/tasks/tree-pane";
import { useFuzzy } from "@/components/tasks/use-fuzzy";
import { Chip } from "@/components/ui/chip";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { FilterBar } from "@/components/ui/filter-bar";
import { SearchInput } from "@/components/ui/input";
import { Kbd } from "@/components/ui/kbd";
import { NothingMatches } from "@/components/ui/nothing-matches";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { WorkspaceChip } from "@/components/ui/workspace-chip";
import { useShortcuts } from "@/lib/keys";
import { counted } from "@/lib/number";
import { only } from "@/lib/search";

export const Route = createFileRoute("/tasks/")({
  component: TasksPage,
  validateSearch: only(readSearch),
  loader: ({ context }) => void context.queryClient.prefetchQuery(tasksQuery),
});

const KEYS = [
  ["J K", "move"],
  ["Enter", "open"],
  ["R", "run"],
] as const;

function TasksPage() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/tasks/" });
  const scroller = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const tasks = useQuery(tasksQuery);
  const outcomes = useQuery(outcomesQuery).data;
  const fires = useQuery(nextFiresQuery).data;
  const all = useMemo(() => rowsOf(tasks.data ?? [], outcomes, fires), [tasks.data, outcomes, fires]);
  const tree = useMemo(() => treeOf(all), [all]);
  const within = useMemo(() => rowsWithin(all, search), [all, search]);
  const found = useFuzzy(within, search.q);
  const rows = useMemo(() => found && sortRows(found, search.sort), [found, search.sort]);
  const open = (index: number, run?: true) => {
    const row = rows?.[index];
    if (row)
      navigate({ to: "/tasks/$workspace/$", params: { workspace: row.workspace, _splat: row.id }, search: { run } });
  };
  const group = "Tasks";
  const [current, setCurrent] = useRowKeys({ group, noun: "task", count: rows?.length ?? 0, onOpen: open });
  const change = (change: Partial<TasksSearch>) => {
    setCurrent(-1);
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  };
  useShortcuts([
    { keys: "/", label: "Search", group, run: () => field.current?.focus() },
    { keys: "r", label: "Run the task", group, run: () => open(current, true) },
  ]);
  const onSearchKey = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape") event.currentTarget.blur();
    if (event.key !== "Enter" || !rows?.[0]) return;
    event.currentTarget.blur();
    setCurrent(0);
  };
  const isNarrowed = !!(search.q || search.workspace);
  const clear = () => navigate({ search: {} });
  return (
    <Page title="Tasks" remark={tasks.data ? counted(all.length, "task") : ""} className="overflow-hidden">
      <FilterBar isFiltered={isNarrowed} onClear={clear}>
        <SearchInput
          ref={field}
          className="w-[280px] max-sm:flex-1"
          placeholder="Search tasks"
          value={search.q ?? ""}
          onChange={(event) => change({ q: event.target.value || undefined })}
          onKeyDown={onSearchKey}
        >
          {search.q ? null : <Kbd>/</Kbd>}
        </SearchInput>
        <span className="sm:hidden">
          <WorkspaceChip value={search.workspace} onChange={(workspace) => change({ workspace, folder: undefined })} />
        </span>
        {search.workspace && (
          <Chip
            className="max-sm:hidden"
            value={[search.workspace, search.folder].filter(Boolean).join("/")}
            title="Show all workspaces"
            onClick={() => change({ workspace: undefined, folder: undefined })}
          >
            In
          </Chip>
        )}
      </FilterBar>
      <div className="flex min-h-0 flex-1">
        <TreePane
          tree={tree}
          total={all.length}
          search={search}
          onChoose={({ workspace, folder }) => change({ workspace, folder })}
        />
        <div ref={scroller} className="relative min-h-0 min-w-0 flex-1 overflow-auto">
          {tasks.error && !tasks.data ? (
            <ErrorState error={tasks.error} what="The list of tasks" onRetry={() => tasks.refetch()} />
          ) : tasks.isPending || !rows ? (
            <SkeletonRows rows={24} height={28} hasHead />
          ) : rows.length === 0 ? (
            isNarrowed ? (
              <NothingMatches onClear={clear} />
            ) : (
              <NoTasks />
            )
          ) : (
            <TasksTable
              rows={rows}
              current={current}
              sort={search.sort}
              onSort={(sort) => change({ sort })}
              scroller={scroller}
            />
          )}
        </div>
      </div>
      <PageFoot keys={KEYS}>{rows && <ShownOf shown={rows.length} total={tasks.data && all.length} />}</PageFoot>
    </Page>
  );
}

function NoTasks() {
  return (
    <EmptyState title="Tasks appear here once a workspace defines some." commands={["stroem init my-workspace"]}>
      A task is written in a file below .workflows/ of a workspace. Commit and push it, and it is here.
    </EmptyState>
  );
}
