import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { workerPagesQuery } from "@/api/workers";
import { PageFoot, ShownOf } from "@/components/frame/page";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { NARROW, useMedia } from "@/lib/media";
import { WorkerCard, WorkerRow } from "./worker-row";

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

/** Workers, active ones first. */
export function WorkersPane() {
  const navigate = useNavigate();
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
    <>
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
    </>
  );
}
