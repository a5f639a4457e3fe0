import { useInfiniteQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { deliveriesQuery, type HookDelivery, type TriggerName, useRedeliver } from "@/api/trigger";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { verdictState, verdictWords } from "@/components/ui/fire-cells";
import { JobIdLink } from "@/components/ui/job-id";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Cell, DetailRow, Row, Table } from "@/components/ui/table";
import { ClockTime } from "@/components/ui/time";
import { showToast } from "@/components/ui/toast";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { size } from "@/lib/number";
import { DeliveryContent } from "./delivery-content";

const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Received", className: "w-[100px]" },
  { label: "Request", className: "w-[210px] max-sm:hidden" },
  { label: "Verdict", className: "w-[104px]" },
  { label: "Why", className: "max-sm:hidden" },
  { label: "Id", className: "w-[16%] max-lg:hidden" },
  { label: "Job", className: "w-[96px]" },
  { label: "Verbs", className: "w-[120px] max-sm:w-14", isQuiet: true },
];

interface Props {
  name: TriggerName;
  /** The number of the request that is opened. */
  opened: number | undefined;
  onOpen: (number: number | undefined) => void;
}

/** The requests to a webhook, and what became of each; one opens to show what was sent. */
export function Deliveries({ name, opened, onOpen }: Props) {
  const query = useInfiniteQuery(deliveriesQuery(name));
  const all = query.data?.pages.flatMap((page) => page.items) ?? [];
  const toggle = (number: number) => onOpen(number === opened ? undefined : number);
  const [current] = useRowKeys({
    group: "Requests",
    noun: "request",
    count: all.length,
    onOpen: (index) => all[index] && toggle(all[index].id),
  });
  if (query.error && !query.data)
    return <ErrorState error={query.error} what="The list of requests" onRetry={query.refetch} />;
  if (query.isPending) return <SkeletonRows rows={10} height={28} />;
  if (!all.length) return <EmptyState title="Requests appear here once somebody sends one. Try one under Test." />;
  return (
    <>
      <Table columns={COLUMNS} label="Requests">
        {all.map((delivery, index) => (
          <DeliveryRow
            key={delivery.id}
            delivery={delivery}
            name={name}
            isOpen={delivery.id === opened}
            isCurrent={index === current}
            onToggle={() => toggle(delivery.id)}
          />
        ))}
      </Table>
      <MoreButton query={query}>Older</MoreButton>
    </>
  );
}

const stop = (event: React.MouseEvent) => event.stopPropagation();

interface RowProps {
  delivery: HookDelivery;
  name: TriggerName;
  isOpen: boolean;
  isCurrent: boolean;
  onToggle: () => void;
}

function DeliveryRow({ delivery, name, isOpen, isCurrent, onToggle }: RowProps) {
  const redeliver = useRedeliver(name);
  const send = () =>
    redeliver.mutate(delivery.id, {
      onSuccess: (answer) =>
        showToast({
          tone: answer.job_id ? "completed" : "waiting",
          text: `Delivered again: ${verdictWords(answer.verdict)}. ${answer.reason ?? ""}`.trim(),
          ...(answer.job_id && { link: { label: "Open the job", to: `/jobs/${answer.job_id}` } }),
        }),
    });
  return (
    <>
      <Row isCurrent={isCurrent} data-delivery={delivery.id} onClick={onToggle}>
        <Cell>
          <StateGlyph state={verdictState(delivery.verdict)} label={verdictWords(delivery.verdict)} />
        </Cell>
        <Cell className="tabular-nums">
          <button
            type="button"
            aria-expanded={isOpen}
            className="block w-full truncate text-left"
            onClick={(click) => {
              click.stopPropagation();
              onToggle();
            }}
          >
            <span className="sr-only">Request {delivery.id} </span>
            <ClockTime at={delivery.at} />
          </button>
        </Cell>
        <Cell className="text-text-2 max-sm:hidden">
          {delivery.redelivery_of ? (
            `number ${delivery.redelivery_of} again${delivery.actor ? `, by ${delivery.actor}` : ""}`
          ) : (
            <>
              <code className="text-12">{delivery.method}</code> {size(delivery.size_bytes)} from {delivery.remote}
            </>
          )}
        </Cell>
        <Cell className="text-text-2">{verdictWords(delivery.verdict)}</Cell>
        <Cell className="text-text-2 max-sm:hidden" title={delivery.reason ?? undefined}>
          {delivery.reason ?? <span className="text-faint">–</span>}
        </Cell>
        <Cell className="font-mono text-12 text-text-3 max-lg:hidden" title={delivery.key ?? undefined}>
          {delivery.key ?? "–"}
        </Cell>
        <Cell onClick={stop}>
          <JobIdLink id={delivery.job_id} />
        </Cell>
        <Cell className="text-right" onClick={stop}>
          {delivery.can_redeliver && (
            <Button
              variant="quiet"
              size="sm"
              aria-label={`Redeliver number ${delivery.id}`}
              disabled={redeliver.isPending}
              onClick={send}
            >
              <RotateCcw size={13} />
              <span className="max-sm:hidden">Redeliver</span>
            </Button>
          )}
        </Cell>
      </Row>
      {isOpen && (
        <DetailRow>
          <DeliveryContent name={name} number={delivery.id} />
        </DetailRow>
      )}
    </>
  );
}
