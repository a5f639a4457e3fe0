import { type Backfill, type TriggerDetail, type TriggerName, useCancelBackfill } from "@/api/trigger";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { Meter } from "@/components/ui/meter";
import { Section } from "@/components/ui/section";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { Cell, Row, Table } from "@/components/ui/table";
import { ClockTime } from "@/components/ui/time";
import { showToast } from "@/components/ui/toast";
import { count } from "@/lib/number";
import { BackfillForm } from "./backfill-form";

const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "From", className: "w-[120px]" },
  { label: "To", className: "w-[120px] max-sm:hidden" },
  { label: "Fired", className: "w-[220px] max-sm:w-auto" },
  { label: "By", className: "w-[14%] max-sm:hidden" },
  { label: "Why", className: "max-sm:hidden" },
  { label: "Verbs", className: "w-[88px]", isQuiet: true },
];

interface Props {
  name: TriggerName;
  detail: TriggerDetail;
}

/** A form for a backfill; below it, what former ones did. */
export function Backfills({ name, detail }: Props) {
  return (
    <>
      <Section title="Fire times of the past">
        <BackfillForm name={name} timezone={detail.trigger.timezone ?? "UTC"} />
      </Section>
      <Section title="Backfills" remark={detail.backfills.length}>
        {detail.backfills.length === 0 && <EmptyState title="None yet." />}
        {detail.backfills.length > 0 && (
          <Table columns={COLUMNS} label="Backfills">
            {detail.backfills.map((backfill) => (
              <BackfillRow key={backfill.id} backfill={backfill} name={name} />
            ))}
          </Table>
        )}
      </Section>
    </>
  );
}

function BackfillRow({ backfill, name }: { backfill: Backfill; name: TriggerName }) {
  const cancel = useCancelBackfill(name);
  const share = backfill.instants ? (backfill.fired + backfill.failed) / backfill.instants : 0;
  const why = backfill.problem ?? backfill.reason;
  return (
    <Row data-backfill={backfill.id}>
      <Cell>
        <StateGlyph state={stateOf(backfill.status)} share={share} />
      </Cell>
      <Cell className="tabular-nums">
        <ClockTime at={backfill.start} />
      </Cell>
      <Cell className="tabular-nums max-sm:hidden">
        <ClockTime at={backfill.end} />
      </Cell>
      <Cell>
        <span className="flex items-center gap-2 tabular-nums">
          <Meter share={share} label="Times that have fired" className="w-16 flex-none" />
          {count(backfill.fired)} of {count(backfill.instants)}
          {backfill.failed > 0 && <span className="text-failed">{count(backfill.failed)} failed</span>}
          {backfill.live > 0 && <span className="text-running">{count(backfill.live)} run</span>}
        </span>
      </Cell>
      <Cell className="text-text-2 max-sm:hidden">{backfill.by}</Cell>
      <Cell className={backfill.problem ? "text-failed max-sm:hidden" : "text-text-2 max-sm:hidden"} title={why ?? ""}>
        {why ?? <span className="text-faint">–</span>}
      </Cell>
      <Cell className="text-right">
        {backfill.status === "running" && (
          <Button
            variant="quiet"
            size="sm"
            disabled={cancel.isPending}
            onClick={() => cancel.mutate(backfill.id, { onSuccess: () => showToast({ text: "No more times fire." }) })}
          >
            Cancel
          </Button>
        )}
      </Cell>
    </Row>
  );
}
