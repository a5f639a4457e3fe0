import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { workerPagesQuery, workerSumsQuery } from "@/api/workers";
import { Page, PageFoot, ShownOf } from "@/components/frame/page";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { WorkerCard, WorkerRow } from "@/components/workers/worker-row";
import { NARROW, useMedia } from "@/lib/media";
import { count, counted } from "@/lib/number";

export const Route = createFileRoute("/workers/")({ component: WorkersPage });

const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Worker", className: "w-[15%]" },
  { label: "Slots and resources", className: "w-[176px]" },
  { label: "Runs", className: "" },
  { label: "Tags", className: "w-[9%] max-lg:hidden" },
  { label: "Abilities", className: "w-[12%] max-lg:hidden" },
  { label: "Version", className: "w-[68px] max-[1360px]:hidden" },
  { label: "Heard", className: "w-[84px]" },
  { label: "Verbs", className: "w-[152px]", isQuiet: true },
];

const KEYS = [
  ["J K", "move"],
  ["Enter", "open"],
] as const;

function WorkersPage() {
  const navigate = useNavigate({ from: "/workers/" });
  const isNarrow = useMedia(NARROW);
  const query = useInfiniteQuery(workerPagesQuery);
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const [current] = useRowKeys({
    group: "Workers",
    noun: "worker",
    count: all.length,
    onOpen: (index) => {
      const worker = all[index];
      if (worker) navigate({ to: "/workers/$worker", params: { worker: worker.worker_id } });
    },
  });
  return (
    <Page title="Workers" remark={useSumsWords()} className="overflow-hidden">
      <div className="min-h-0 flex-1 overflow-auto">
        {query.error && !query.data ? (
          <ErrorState error={query.error} what="The list of workers" onRetry={query.refetch} />
        ) : query.isPending ? (
          <SkeletonRows rows={10} height={36} hasHead />
        ) : all.length === 0 ? (
          <EmptyState
            title="Workers appear here once one has registered. Until then steps wait."
            commands={["stroem worker --config worker-config.yaml"]}
          />
        ) : (
          <>
            {isNarrow ? (
              all.map((worker) => <WorkerCard key={worker.worker_id} worker={worker} />)
            ) : (
              <Table columns={COLUMNS} label="Workers">
                {all.map((worker, index) => (
                  <WorkerRow key={worker.worker_id} worker={worker} isCurrent={index === current} />
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

/** How many workers and slots there are, in a line. */
function useSumsWords(): string {
  const sums = useQuery(workerSumsQuery).data;
  if (!sums) return "";
  const words = [
    `${count(sums.used)} of ${counted(sums.slots, "slot")} taken`,
    `${count(sums.active)} active`,
    sums.cordoned && `${count(sums.cordoned)} cordoned`,
    sums.draining && `${count(sums.draining)} draining`,
    sums.without_slots && `${count(sums.without_slots)} tell no slots`,
  ];
  return words.filter(Boolean).join(" · ");
}
