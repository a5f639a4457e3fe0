import { useInfiniteQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { auditPagesQuery } from "@/api/audit";
import { AUDIT_COLUMNS, AuditRow } from "@/components/audit/audit-row";
import { AuditVerbs } from "@/components/audit/audit-verbs";
import { type AuditSearch, OUTCOMES, readSearch, SPANS } from "@/components/audit/search";
import { Page, PageFoot } from "@/components/frame/page";
import { ChoiceChip } from "@/components/ui/choice-chip";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { FilterBar } from "@/components/ui/filter-bar";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { TextChip } from "@/components/ui/text-chip";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { WorkspaceChip } from "@/components/ui/workspace-chip";
import { counted } from "@/lib/number";
import { only } from "@/lib/search";

export const Route = createFileRoute("/audit")({ component: AuditPage, validateSearch: only(readSearch) });

const KEYS = [
  ["J K", "move"],
  ["Enter", "details"],
] as const;

function AuditPage() {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/audit" });
  const [open, setOpen] = useState<number | null>(null);
  const query = useInfiniteQuery(auditPagesQuery(search));
  const shown = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const toggle = useCallback((id: number) => setOpen((before) => (before === id ? null : id)), []);
  const change = (next: Partial<AuditSearch>) =>
    navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  const [current] = useRowKeys({
    group: "Audit",
    noun: "row",
    count: shown.length,
    onOpen: (index) => {
      const row = shown[index];
      if (row) toggle(row.id);
    },
  });
  const isFiltered = Object.values(search).some(Boolean);
  return (
    <Page
      title="Audit"
      remark="who did what, and what was refused"
      actions={<AuditVerbs filters={search} />}
      className="overflow-hidden"
    >
      <FilterBar isFiltered={isFiltered} onClear={() => navigate({ search: {} })}>
        <TextChip
          label="Who"
          value={search.actor}
          hint="An address, or the name of an account"
          onChange={(actor) => change({ actor })}
        />
        <TextChip label="Verb" value={search.verb} hint="Such as job.run" onChange={(verb) => change({ verb })} />
        <WorkspaceChip value={search.workspace} onChange={(workspace) => change({ workspace })} />
        <ChoiceChip
          label="Outcome"
          value={search.outcome}
          options={OUTCOMES}
          onChange={(outcome) => change({ outcome: outcome as AuditSearch["outcome"] })}
        />
        <ChoiceChip
          label="When"
          value={search.hours === undefined ? undefined : String(search.hours)}
          options={SPANS}
          onChange={(hours) => change({ hours: hours === undefined ? undefined : Number(hours) })}
        />
      </FilterBar>
      <div className="min-h-0 flex-1 overflow-auto">
        {query.error && !query.data ? (
          <ErrorState error={query.error} what="The audit log" onRetry={query.refetch} />
        ) : query.isPending ? (
          <SkeletonRows rows={24} height={28} />
        ) : (
          <>
            {shown.length === 0 && (
              <EmptyState
                title={isFiltered ? "Nothing matches the filters." : "Rows appear here once somebody does something."}
              >
                {query.hasNextPage && "The newest rows were looked through. There are older ones."}
              </EmptyState>
            )}
            {shown.length > 0 && (
              <Table columns={AUDIT_COLUMNS} label="Audit log">
                {shown.map((row, index) => (
                  <AuditRow
                    key={row.id}
                    row={row}
                    isOpen={open === row.id}
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
        <span className="tabular-nums">{counted(shown.length, "row")}</span>
      </PageFoot>
    </Page>
  );
}
