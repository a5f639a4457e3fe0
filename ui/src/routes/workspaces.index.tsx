import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { useMemo, useRef } from "react";
import { useLookAtAll, workspacesQuery } from "@/api/workspaces";
import { Page } from "@/components/frame/page";
import { Button } from "@/components/ui/button";
import { Chip } from "@/components/ui/chip";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { FilterBar } from "@/components/ui/filter-bar";
import { SearchInput } from "@/components/ui/input";
import { Kbd } from "@/components/ui/kbd";
import { NothingMatches } from "@/components/ui/nothing-matches";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StateGlyph } from "@/components/ui/state-glyph";
import { showToast } from "@/components/ui/toast";
import { useRowKeys } from "@/components/ui/use-row-keys";
import {
  chosenStandings,
  countStandings,
  filterRows,
  readSearch,
  standingRows,
  type WorkspacesSearch,
} from "@/components/workspaces/search";
import { WorkspacesTable } from "@/components/workspaces/workspaces-table";
import { useShortcuts } from "@/lib/keys";
import { count, counted } from "@/lib/number";
import { only } from "@/lib/search";
import { type StandingWord, stateOfStanding } from "@/lib/standing";

export const Route = createFileRoute("/workspaces/")({
  component: WorkspacesPage,
  validateSearch: only(readSearch),
  loader: ({ context }) => void context.queryClient.prefetchQuery(workspacesQuery),
});

function WorkspacesPage() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/workspaces/" });
  const workspaces = useQuery(workspacesQuery);
  const searchField = useRef<HTMLInputElement>(null);
  const rows = useMemo(() => standingRows(workspaces.data ?? []), [workspaces.data]);
  const shown = useMemo(() => filterRows(rows, search), [rows, search]);
  const change = (change: WorkspacesSearch) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const clear = () => navigate({ search: {} });
  const group = "Workspaces";
  const [current] = useRowKeys({
    group,
    noun: "workspace",
    count: shown.length,
    onOpen: (index) => {
      const name = shown[index]?.workspace.name;
      if (name) navigate({ to: "/workspaces/$workspace", params: { workspace: name }, search: {} });
    },
  });
  useShortcuts([{ keys: "/", label: "Search", group, run: () => searchField.current?.focus() }]);
  return (
    <Page
      title="Workspaces"
      remark={workspaces.data && <span className="max-sm:hidden">{whereFrom(workspaces.data)}</span>}
      className="overflow-hidden"
      actions={<LookAtAll names={rows.map(({ workspace }) => workspace.name)} />}
    >
      <FilterBar
        isFiltered={!!search.q || !!search.stands}
        onClear={clear}
        right={<span className="pl-3 text-12 text-text-3 max-lg:hidden">Those that need somebody first</span>}
      >
        <SearchInput
          ref={searchField}
          value={search.q ?? ""}
          onChange={(event) => change({ q: event.target.value || undefined })}
          placeholder="Name, author, message"
          className="w-[220px] flex-none max-sm:w-[168px]"
        >
          <Kbd>/</Kbd>
        </SearchInput>
        <StandingChips
          counts={countStandings(rows)}
          chosen={chosenStandings(search)}
          onChange={(words) => change({ stands: words.join(",") || undefined })}
        />
      </FilterBar>
      <div className="min-h-0 flex-1 overflow-auto">
        {workspaces.error && rows.length === 0 ? (
          <ErrorState error={workspaces.error} what="The list of workspaces" onRetry={() => workspaces.refetch()} />
        ) : workspaces.isPending ? (
          <SkeletonRows rows={20} height={38} />
        ) : shown.length === 0 ? (
          rows.length > 0 ? (
            <NothingMatches onClear={clear} />
          ) : (
            <NoWorkspaces />
          )
        ) : (
          <WorkspacesTable rows={shown} current={current} />
        )}
      </div>
    </Page>
  );
}

interface ChipsProps {
  counts: [StandingWord, number][];
  chosen: StandingWord[];
  onChange: (words: StandingWord[]) => void;
}

function StandingChips({ counts, chosen, onChange }: ChipsProps) {
  const toggle = (word: StandingWord) =>
    onChange(chosen.includes(word) ? chosen.filter((one) => one !== word) : [...chosen, word]);
  return counts.map(([word, number]) => (
    <Chip
      key={word}
      isSet={chosen.includes(word)}
      aria-pressed={chosen.includes(word)}
      value={count(number)}
      onClick={() => toggle(word)}
    >
      <StateGlyph state={stateOfStanding(word)} size={13} label="" />
      {word}
    </Chip>
  ));
}

function LookAtAll({ names }: { names: string[] }) {
  const look = useLookAtAll();
  const run = () =>
    look.mutate(names, {
      onSuccess: (failed) =>
        showToast(
          failed.length
            ? {
                tone: "failed",
                text: `Could not be looked at: ${failed.map(({ name }) => name).join(", ")}. ${failed[0]?.reason}`,
              }
            : { text: `${counted(names.length, "workspace")} looked at` },
        ),
    });
  return (
    <Button onClick={run} disabled={look.isPending || names.length === 0}>
      <RefreshCw size={14} className={look.isPending ? "animate-spin" : ""} />
      {look.isPending ? "Looking" : "Look at all now"}
    </Button>
  );
}

function NoWorkspaces() {
  return (
    <EmptyState
      title="Workspaces appear here: folders or git repositories with tasks, actions and triggers."
      commands={["stroem init my-workspace", "stroem up --workspace my-workspace"]}
    >
      Name each under <code>workspaces</code> in the settings, or all of them with <code>workspaces_from</code>.
    </EmptyState>
  );
}

function whereFrom(workspaces: { origin: string }[]): string {
  const origins = new Set(workspaces.map(({ origin }) => origin));
  const [only] = origins;
  return origins.size === 1 && only
    ? `${counted(workspaces.length, "workspace")} from ${only}`
    : counted(workspaces.length, "workspace");
}
