import { useInfiniteQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { eventPagesQuery } from "@/api/events";
import { type EventsSearch, filtersOf, KINDS, readSearch, SEVERITY_WORDS } from "@/components/events/search";
import { Page, PageFoot } from "@/components/frame/page";
import { ChoiceChip } from "@/components/ui/choice-chip";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { EVENT_COLUMNS, EventRow } from "@/components/ui/event-row";
import { FilterBar } from "@/components/ui/filter-bar";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { TextChip } from "@/components/ui/text-chip";
import { TextFilter } from "@/components/ui/text-filter";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { WorkspaceChip } from "@/components/ui/workspace-chip";
import { useShortcuts } from "@/lib/keys";
import { counted } from "@/lib/number";
import { only } from "@/lib/search";

export const Route = createFileRoute("/events")({ component: EventsPage, validateSearch: only(readSearch) });

const KEYS = [
  ["J K", "move"],
  ["Enter", "details"],
] as const;

function EventsPage() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/events" });
  const field = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState<number | null>(null);
  const query = useInfiniteQuery(eventPagesQuery(filtersOf(search)));
  const shown = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const toggle = useCallback((id: number) => setOpen((before) => (before === id ? null : id)), []);
  const change = (next: Partial<EventsSearch>) =>
    navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  const [current] = useRowKeys({
    group: "Events",
    noun: "event",
    count: shown.length,
    onOpen: (index) => {
      const event = shown[index];
      if (event) toggle(event.id);
    },
  });
  useShortcuts([{ keys: "/", label: "Search", group: "Events", run: () => field.current?.focus() }]);
  const isFiltered = Object.values(search).some(Boolean);
  return (
    <Page title="Events" remark="what happened to workspaces, libraries and workers" className="overflow-hidden">
      <FilterBar isFiltered={isFiltered} onClear={() => navigate({ search: {} })}>
        <TextFilter
          field={field}
          value={search.q ?? ""}
          onChange={(q) => change({ q: q || undefined })}
          placeholder="Text, revision, person"
        />
        <WorkspaceChip value={search.workspace} onChange={(workspace) => change({ workspace })} />
        <ChoiceChip
          label="Kind"
          value={search.kind}
          options={KINDS}
          onChange={(kind) => change({ kind: kind as EventsSearch["kind"] })}
        />
        <TextChip label="By" value={search.by} hint="The name of a person" onChange={(by) => change({ by })} />
        <ChoiceChip
          label="Severity"
          value={search.severity}
          options={SEVERITY_WORDS}
          onChange={(severity) => change({ severity: severity as EventsSearch["severity"] })}
        />
      </FilterBar>
      <div className="min-h-0 flex-1 overflow-auto">
        {query.error && !query.data ? (
          <ErrorState error={query.error} what="The list of events" onRetry={query.refetch} />
        ) : query.isPending ? (
          <SkeletonRows rows={24} height={28} />
        ) : (
          <>
            {shown.length === 0 && (
              <EmptyState
                title={isFiltered ? "Nothing matches the filters." : "Events appear here once a workspace changes."}
              >
                {query.hasNextPage && "The newest 20,000 events were looked through. There are older ones."}
              </EmptyState>
            )}
            {shown.length > 0 && (
              <Table columns={EVENT_COLUMNS} label="Events">
                {shown.map((event, index) => (
                  <EventRow
                    key={event.id}
                    event={event}
                    isOpen={open === event.id}
                    isCurrent={index === current}
                    onToggle={toggle}
                  />
                ))}
              </Table>
            )}
            <MoreButton query={query}>Older</MoreButton>
          </>
        )}
      </div>
      <PageFoot keys={KEYS}>
        <span className="tabular-nums">{counted(shown.length, "event")}</span>
      </PageFoot>
    </Page>
  );
}
