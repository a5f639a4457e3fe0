import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { workerPagesQuery, workerSumsQuery } from "@/api/workers";
import { Page, PageFoot } from "@/components/frame/page";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { Kbd } from "@/components/ui/kbd";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { WorkerCard, WorkerRow } from "@/components/workers/worker-row";
import { count, counted } from "@/lib/number";

export const Route = createFileRoute("/workers/")({ component: WorkersPage });

const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Worker", className: "w-[15%]" },
  { label: "Slots", className: "w-[184px]" },
  { label: "Runs", className: "" },
  { label: "Tags", className: "w-[10%] max-lg:hidden" },
  { label: "Abilities", className: "w-[9%] max-lg:hidden" },
  { label: "Version", className: "w-[68px]" },
  { label: "Heard", className: "w-[96px]" },
  { label: "Verbs", className: "w-[152px]", isQuiet: true },
];

function WorkersPage() {
  const navigate = useNavigate({ from: "/workers/" });
  const query = useInfiniteQuery(workerPagesQuery);
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const current = useRowKeys({
    group: "Workers",
    noun: "worker",
    count: all.length,
    onOpen: (index) => {
      const worker = all[index];
      if (worker) navigate({ to: "/workers/$worker", params: { worker: worker.worker_id } });
    },
  });
  return (
    <Page title="Workers" remark={<SumsWords />} className="overflow-hidden">
      <div className="min-h-0 flex-1 overflow-auto">
        {query.error && !query.data ? (
          <ErrorState error={query.error} what="The list of workers" onRetry={query.refetch} />
        ) : query.isPending ? (
          <SkeletonRows rows={10} height={28} />
        ) : all.length === 0 ? (
          <EmptyState
            title="Workers appear here once one has registered. Until then steps wait."
            commands={["stroem worker --config worker-config.yaml"]}
          />
        ) : (
          <>
            <Table columns={COLUMNS} label="Workers" className="max-sm:hidden">
              {all.map((worker, index) => (
                <WorkerRow key={worker.worker_id} worker={worker} isCurrent={index === current} />
              ))}
            </Table>
            <div className="sm:hidden">
              {all.map((worker) => (
                <WorkerCard key={worker.worker_id} worker={worker} />
              ))}
            </div>
            {query.hasNextPage && (
              <Button variant="quiet" className="mx-2 my-1" onClick={() => query.fetchNextPage()}>
                Show more
              </Button>
            )}
          </>
        )}
      </div>
      <PageFoot>
        <span className="tabular-nums">
          {count(all.length)} of {count(total)}
        </span>
        <span className="ml-auto flex items-center gap-1.5">
          <Kbd>J</Kbd>
          <Kbd>K</Kbd> move <Kbd>Enter</Kbd> open <Kbd>?</Kbd> all keys
        </span>
      </PageFoot>
    </Page>
  );
}

/** How many workers and slots there are, in a line. */
function SumsWords() {
  const sums = useQuery(workerSumsQuery).data;
  if (!sums) return null;
  const words = [
    `${count(sums.used)} of ${counted(sums.slots, "slot")} taken`,
    `${count(sums.active)} active`,
    sums.cordoned && `${count(sums.cordoned)} cordoned`,
    sums.draining && `${count(sums.draining)} draining`,
    sums.without_slots && `${count(sums.without_slots)} tell no slots`,
  ];
  return <span className="truncate tabular-nums max-sm:hidden">{words.filter(Boolean).join(" · ")}</span>;
}
