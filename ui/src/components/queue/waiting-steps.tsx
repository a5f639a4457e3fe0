import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { queueStepsQuery } from "@/api/queue";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { useShortcuts } from "@/lib/keys";
import { NARROW, useMedia } from "@/lib/media";
import type { Reason } from "./reasons";
import { WaitingCard, WaitingStep } from "./waiting-step";

const COLUMNS = [
  { label: "Task", className: "w-[300px] first:pl-12 max-lg:w-[240px]" },
  { label: "Step", className: "w-[168px]" },
  { label: "Blocker", className: "" },
  { label: "Since", className: "w-[96px]" },
  { label: "Blockers", className: "w-14", isQuiet: true },
];

interface Props {
  reason: Reason;
  /** The step that is opened: `JOB/NAME`. */
  open: string | undefined;
  onOpen: (step: string | undefined) => void;
}

/** The steps that wait for one reason, in the order in which they will go on. */
export function WaitingSteps({ reason, open, onOpen }: Props) {
  const navigate = useNavigate();
  const isNarrow = useMedia(NARROW);
  const query = useInfiniteQuery(queueStepsQuery(reason.filter));
  const steps = query.data?.pages.flatMap((page) => page.items) ?? [];
  const names = steps.map((step) => `${step.job_id}/${step.step_name ?? ""}`);
  const toggle = (name: string | undefined) => name && onOpen(open === name ? undefined : name);
  const [current] = useRowKeys({
    group: "Queue",
    noun: "step",
    count: steps.length,
    onOpen: (index) => {
      const step = steps[index];
      if (step) navigate({ to: "/jobs/$jobId", params: { jobId: step.job_id } });
    },
  });
  useShortcuts([{ keys: "b", label: "Show what blocks the step", group: "Queue", run: () => toggle(names[current]) }]);
  if (query.error && !query.data)
    return <ErrorState error={query.error} what="The list of steps" onRetry={query.refetch} />;
  if (query.isPending) return <SkeletonRows rows={Math.min(reason.count, 10)} height={28} />;
  if (steps.length === 0) return <EmptyState title="None waits for it any more." />;
  return (
    <>
      {reason.filter.ability && (
        <p className="px-4 pb-1 pl-12 text-text-2 max-sm:pl-4">
          {reason.state === "failed"
            ? "Start such a worker, or give one the tags: "
            : "They begin as slots come free: "}
          <Link to="/workers" className="text-accent underline">
            see the workers
          </Link>
        </p>
      )}
      {isNarrow ? (
        <ul>
          {steps.map((step, index) => (
            <WaitingCard key={names[index]} step={step} />
          ))}
        </ul>
      ) : (
        <Table columns={COLUMNS} label={`Steps that wait for: ${reason.words}`}>
          {steps.map((step, index) => (
            <WaitingStep
              key={names[index]}
              step={step}
              isOpen={open === names[index]}
              isCurrent={index === current}
              onToggle={() => toggle(names[index])}
            />
          ))}
        </Table>
      )}
      <MoreButton query={query}>More</MoreButton>
    </>
  );
}
