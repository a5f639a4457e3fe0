import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link, useNavigate } from "@tanstack/react-router";
import { queueQuery } from "@/api/queue";
import { Page, PageFoot } from "@/components/frame/page";
import { ReasonGroup } from "@/components/queue/reason-group";
import { reasonsOf } from "@/components/queue/reasons";
import { WaitingSteps } from "@/components/queue/waiting-steps";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { counted } from "@/lib/number";
import { only, readTexts } from "@/lib/search";

/** The reason whose steps are shown, `none` for no one; and the step whose blockers are shown. */
interface QueueSearch {
  reason?: string;
  open?: string;
}

export const Route = createFileRoute("/queue")({
  component: QueuePage,
  validateSearch: only((raw): QueueSearch => readTexts(raw, ["reason", "open"])),
});

const KEYS = [
  ["J K", "move"],
  ["B", "blockers"],
  ["Enter", "open"],
] as const;

function QueuePage() {
  const { reason, open } = Route.useSearch();
  const navigate = useNavigate({ from: "/queue" });
  const queue = useQuery(queueQuery);
  const reasons = queue.data ? reasonsOf(queue.data) : [];
  const shown = reason ?? reasons[0]?.name;
  const total = reasons.reduce((sum, one) => sum + one.count, 0);
  return (
    <Page
      title="Queue"
      remark={total > 0 ? `${counted(total, "step")} ${total === 1 ? "waits" : "wait"}` : "what waits, and for what"}
      className="overflow-hidden"
    >
      <div className="min-h-0 flex-1 overflow-auto">
        {queue.error && !queue.data ? (
          <ErrorState error={queue.error} what="The queue" onRetry={() => void queue.refetch()} />
        ) : queue.isPending ? (
          <SkeletonRows rows={16} height={28} />
        ) : reasons.length === 0 ? (
          <EmptyState title="Nothing waits.">
            Each step that may run has a worker.{" "}
            <Link to="/tasks" className="text-accent underline">
              Run a task
            </Link>
          </EmptyState>
        ) : (
          reasons.map((one) => (
            <ReasonGroup
              key={one.name}
              reason={one}
              isOpen={shown === one.name}
              onToggle={() => navigate({ search: { reason: shown === one.name ? "none" : one.name }, replace: true })}
            >
              <WaitingSteps
                reason={one}
                open={open}
                onOpen={(step) => navigate({ search: { reason: one.name, open: step }, replace: true })}
              />
            </ReasonGroup>
          ))
        )}
      </div>
      <PageFoot keys={KEYS} />
    </Page>
  );
}
