import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { workspaceEventPagesQuery } from "@/api/events";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { EVENT_COLUMNS, EventRow } from "@/components/ui/event-row";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";

const COLUMNS = EVENT_COLUMNS.filter(({ label }) => label !== "Where");

/** What happened to a workspace, newest first; new events come by themselves. */
export function WorkspaceEvents({ workspace }: { workspace: string }) {
  const [open, setOpen] = useState<number | null>(null);
  const query = useInfiniteQuery(workspaceEventPagesQuery(workspace));
  const toggle = useCallback((id: number) => setOpen((before) => (before === id ? null : id)), []);
  if (query.error && !query.data)
    return <ErrorState error={query.error} what="The events" onRetry={() => query.refetch()} />;
  if (!query.data) return <SkeletonRows rows={16} height={28} />;
  const events = query.data.pages.flatMap((page) => page.items);
  if (events.length === 0)
    return (
      <EmptyState title="Nothing has happened yet: pushes, releases and what people do here appear by themselves." />
    );
  return (
    <>
      <Table columns={COLUMNS} label={`Events of ${workspace}`}>
        {events.map((event) => (
          <EventRow
            key={event.id}
            event={event}
            isOfOnePlace
            isOpen={open === event.id}
            isCurrent={false}
            onToggle={toggle}
          />
        ))}
      </Table>
      <div className="flex items-center gap-2 py-1">
        <MoreButton query={query}>Older</MoreButton>
        <Link to="/events" search={{ workspace }} className="px-4 text-12 text-accent hover:underline">
          Filter them on the page of all events
        </Link>
      </div>
    </>
  );
}
