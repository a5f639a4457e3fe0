import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { nextFiresQuery, outcomesQuery, tasksQuery } from "@/api/tasks";
import { Page, PageFoot } from "@/components/frame/page";
import { rowsOf, rowsWithin, sortRows } from "@/components/tasks/rows";
import { readSearch, type TasksSearch } from "@/components/tasks/search";
import { TasksTable } from "@/components/tasks/tasks-table";
import { treeOf } from "@/components/tasks/tree";
import { TreePane } from "@/components/tasks/tree-pane";
import { useFuzzy } from "@/components/tasks/use-fuzzy";
import { Button } from "@/components/ui/button";
import { Chip } from "@/components/ui/chip";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SearchInput } from "@/components/ui/input";
import { Kbd } from "@/components/ui/kbd";
import { Menu, MenuItem, MenuLine } from "@/components/ui/menu";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useShortcuts } from "@/lib/keys";
import { counted } from "@/lib/number";

export const Route = createFileRoute("/tasks/")({
  component: TasksPage,
  validateSearch: readSearch,
  loader: ({ context }) => void context.queryClient.prefetchQuery(tasksQuery),
});

function TasksPage() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/tasks/" });
  const scroller = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [current, setCurrent] = useState(-1);
  const tasks = useQuery(tasksQuery);
  const outcomes = useQuery(outcomesQuery).data;
  const fires = useQuery(nextFiresQuery).data;
  const all = useMemo(() => rowsOf(tasks.data ?? [], outcomes, fires), [tasks.data, outcomes, fires]);
  const tree = useMemo(() => treeOf(all), [all]);
  const within = useMemo(() => rowsWithin(all, search), [all, search]);
  const found = useFuzzy(within, search.q);
  const rows = useMemo(() => found && sortRows(found, search.sort), [found, search.sort]);
  const change = (change: Partial<TasksSearch>) => {
    setCurrent(-1);
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  };
  const move = (step: number) => setCurrent((index) => Math.min(Math.max(index + step, 0), (rows?.length ?? 0) - 1));
  const row = rows?.[current];
  const open = (run?: true) =>
    row &&
    navigate({ to: "/tasks/$workspace/$", params: { workspace: row.workspace, _splat: row.id }, search: { run } });
  const group = "Tasks";
  useShortcuts([
    { keys: "/", label: "Search", group, run: () => field.current?.focus() },
    { keys: "j", label: "Next task", group, run: () => move(1) },
    { keys: "k", label: "Task before", group, run: () => move(-1) },
    { keys: "Enter", label: "Open the task", group, run: () => open() },
    { keys: "r", label: "Run the task", group, run: () => open(true) },
  ]);
  const onSearchKey = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape") event.currentTarget.blur();
    if (event.key !== "Enter" || !rows?.[0]) return;
    event.currentTarget.blur();
    setCurrent(0);
  };
  const isNarrowed = !!(search.q || search.workspace);
  return (
    <Page
      title="Tasks"
      remark={<span className="tabular-nums">{counted(all.length, "task")}</span>}
      className="overflow-hidden"
    >
      <search className="flex h-9 flex-none items-center gap-1.5 border-line border-b px-4">
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
          <Menu
            align="end"
            trigger={
              <Chip value={search.workspace} hasMenu>
                Workspace
              </Chip>
            }
          >
            <MenuItem onSelect={() => change({ workspace: undefined, folder: undefined })}>all</MenuItem>
            <MenuLine />
            {tree.map(({ workspace }) => (
              <MenuItem key={workspace} onSelect={() => change({ workspace, folder: undefined })}>
                {workspace}
              </MenuItem>
            ))}
          </Menu>
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
        {isNarrowed && (
          <Button variant="quiet" size="sm" onClick={() => navigate({ search: {} })}>
            Clear
          </Button>
        )}
      </search>
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
            <SkeletonRows rows={24} height={28} />
          ) : rows.length === 0 ? (
            <NoTasks isNarrowed={isNarrowed} onClear={() => navigate({ search: {} })} />
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
      <PageFoot>
        <span className="tabular-nums">{rows ? counted(rows.length, "task") : ""}</span>
        <span className="ml-auto flex items-center gap-1.5">
          <Kbd>J</Kbd>
          <Kbd>K</Kbd> move <Kbd>Enter</Kbd> open <Kbd>R</Kbd> run <Kbd>?</Kbd> all keys
        </span>
      </PageFoot>
    </Page>
  );
}

function NoTasks({ isNarrowed, onClear }: { isNarrowed: boolean; onClear: () => void }) {
  if (isNarrowed)
    return (
      <EmptyState title="Nothing matches.">
        <Button onClick={onClear}>Clear</Button>
      </EmptyState>
    );
  return (
    <EmptyState title="Tasks appear here once a workspace defines some." commands={["stroem init my-workspace"]}>
      A task is written in a file below .workflows/ of a workspace. Commit and push it, and it is here.
    </EmptyState>
  );
}
