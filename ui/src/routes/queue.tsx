import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { liveJobPagesQuery, queueQuery } from "@/api/queue";
import { Page, PageFoot } from "@/components/frame/page";
import { HeldLine, QueueGroups } from "@/components/queue/groups";
import { WaitingJob } from "@/components/queue/waiting-job";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { FilterBar } from "@/components/ui/filter-bar";
import { MoreButton } from "@/components/ui/more-button";
import { Section } from "@/components/ui/section";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { WorkspaceChip } from "@/components/ui/workspace-chip";
import { useShortcuts } from "@/lib/keys";
import { count } from "@/lib/number";

export const Route = createFileRoute("/queue")({
  component: QueuePage,
  validateSearch: (raw: Record<string, unknown>): { workspace?: string; open?: string } => ({
    ...(typeof raw["workspace"] === "string" && { workspace: raw["workspace"] }),
    ...(typeof raw["open"] === "string" && { open: raw["open"] }),
  }),
});

const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Task", className: "w-[284px] max-lg:w-[220px] max-sm:w-[40%]" },
  { label: "Waits for", className: "" },
  { label: "Started by", className: "w-[168px] max-sm:hidden" },
  { label: "Made", className: "w-[96px] max-sm:hidden" },
  { label: "Blockers", className: "w-14", isQuiet: true },
];

const KEYS = [
  ["J K", "move"],
  ["B", "blockers"],
  ["Enter", "open"],
] as const;

function QueuePage() {
  const { workspace, open } = Route.useSearch();
  const navigate = useNavigate({ from: "/queue" });
  const groups = useQuery(queueQuery);
  const jobs = useInfiniteQuery(liveJobPagesQuery(workspace));
  const waiting = useMemo(
    () =>
      jobs.data?.pages
        .flatMap((page) => page.items)
        .filter((job) => job.status === "pending" || job.reason_kind === "waiting" || job.paused_at) ?? [],
    [jobs.data],
  );
  const toggle = (id: string) =>
    navigate({ search: (before) => ({ ...before, open: before.open === id ? undefined : id }), replace: true });
  const [current] = useRowKeys({
    group: "Queue",
    noun: "job",
    count: waiting.length,
    onOpen: (index) => {
      const job = waiting[index];
      if (job) navigate({ to: "/jobs/$jobId", params: { jobId: job.job_id } });
    },
  });
  useShortcuts([
    {
      keys: "b",
      label: "Show what blocks the job",
      group: "Queue",
      run: () => {
        const job = waiting[current];
        if (job) toggle(job.job_id);
      },
    },
  ]);
  const isQuiet = waiting.length === 0 && !groups.data?.groups.length && !jobs.hasNextPage;
  return (
    <Page title="Queue" remark="what waits, and for what" className="overflow-hidden">
      <FilterBar isFiltered={workspace !== undefined} onClear={() => navigate({ search: {} })}>
        <WorkspaceChip
          value={workspace}
          onChange={(chosen) => navigate({ search: chosen ? { workspace: chosen } : {}, replace: true })}
        />
      </FilterBar>
      <div className="min-h-0 flex-1 overflow-auto">
        {groups.error && !groups.data && (
          <ErrorState error={groups.error} what="The queue" onRetry={() => void groups.refetch()} />
        )}
        {jobs.error && !jobs.data && <ErrorState error={jobs.error} what="The list of jobs" onRetry={jobs.refetch} />}
        {groups.isPending || jobs.isPending ? (
          <SkeletonRows rows={16} height={28} />
        ) : isQuiet ? (
          <EmptyState title="Nothing waits.">Each step that may run has a worker.</EmptyState>
        ) : (
          <>
            {groups.data && !workspace && <HeldLine held={groups.data.held} />}
            {groups.data && groups.data.groups.length > 0 && !workspace && <QueueGroups groups={groups.data.groups} />}
            <Section
              title="Jobs that wait"
              remark={`${count(waiting.length)}${jobs.hasNextPage ? " among the newest live jobs" : ""}`}
            >
              {waiting.length > 0 && (
                <Table columns={COLUMNS} label="Jobs that wait">
                  {waiting.map((job, index) => (
                    <WaitingJob
                      key={job.job_id}
                      job={job}
                      isOpen={open === job.job_id}
                      isCurrent={index === current}
                      onToggle={() => toggle(job.job_id)}
                    />
                  ))}
                </Table>
              )}
              <MoreButton query={jobs}>Look through older ones</MoreButton>
            </Section>
          </>
        )}
      </div>
      <PageFoot keys={KEYS} />
    </Page>
  );
}
