import type { TriggerDetail } from "@/api/trigger";
import { EmptyState } from "@/components/ui/empty-state";
import { verdictState, verdictWords } from "@/components/ui/fire-cells";
import { JobIdLink } from "@/components/ui/job-id";
import { Section } from "@/components/ui/section";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { Cell, Row, Table } from "@/components/ui/table";
import { ClockTime, RelativeTime } from "@/components/ui/time";

const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Fired", className: "w-[120px]" },
  { label: "Was due", className: "w-[110px] max-sm:hidden" },
  { label: "Verdict", className: "w-[96px] max-sm:w-auto" },
  { label: "Job", className: "w-[96px]" },
  { label: "Why", className: "max-sm:hidden" },
];

/** The next times and the last fires of a trigger. */
export function Fires({ detail }: { detail: TriggerDetail }) {
  const { fires, trigger } = detail;
  return (
    <>
      {trigger.next_runs.length > 0 && (
        <Section title="Next times">
          <ul className="flex flex-wrap gap-x-6 gap-y-1 px-4 pb-3 tabular-nums">
            {trigger.next_runs.map((at) => (
              <li key={at} className="flex gap-2">
                <ClockTime at={at} />
                <RelativeTime at={at} className="text-text-3" />
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Last fires" remark={fires.length === 20 ? "the last 20" : fires.length}>
        {fires.length === 0 && <EmptyState title="It has not fired yet." />}
        {fires.length > 0 && (
          <Table columns={COLUMNS} label="Last fires">
            {fires.map((fire) => (
              <Row key={`${fire.at}${fire.key}`}>
                <Cell>
                  <StateGlyph state={fire.job_status ? stateOf(fire.job_status) : verdictState(fire.verdict)} />
                </Cell>
                <Cell className="tabular-nums">
                  <ClockTime at={fire.at} />
                </Cell>
                <Cell className="text-text-3 tabular-nums max-sm:hidden">
                  {fire.scheduled_at ? <ClockTime at={fire.scheduled_at} /> : "–"}
                </Cell>
                <Cell className="text-text-2">{verdictWords(fire.verdict)}</Cell>
                <Cell>
                  <JobIdLink id={fire.job_id} />
                </Cell>
                <Cell className="text-text-2 max-sm:hidden" title={fire.reason ?? undefined}>
                  {fire.reason ?? <span className="text-faint">–</span>}
                </Cell>
              </Row>
            ))}
          </Table>
        )}
      </Section>
    </>
  );
}
