import { memo } from "react";
import type { AuditRow as Item } from "@/api/audit";
import { Fact, Facts } from "@/components/ui/facts";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Tag } from "@/components/ui/state-word";
import { Cell, DetailRow, Row } from "@/components/ui/table";
import { ClockTime } from "@/components/ui/time";
import { formatJson } from "@/lib/json";
import { actorWords, objectWords } from "./words";

/** The columns of the audit log. */
export const AUDIT_COLUMNS = [
  { label: "Outcome", className: "w-10", isQuiet: true },
  { label: "When", className: "w-[112px] max-sm:w-[72px]" },
  { label: "Who", className: "w-[22%] max-sm:w-auto" },
  { label: "Verb", className: "w-[172px] max-sm:w-[38%]" },
  { label: "What", className: "max-sm:hidden" },
  { label: "From", className: "w-[140px] max-lg:hidden" },
];

interface Props {
  row: Item;
  isOpen: boolean;
  isCurrent: boolean;
  onToggle: (id: number) => void;
}

/** A row of the audit log; opened, all that is kept of it. */
export const AuditRow = memo(function AuditRow({ row, isOpen, isCurrent, onToggle }: Props) {
  const who = actorWords(row);
  return (
    <>
      <Row isCurrent={isCurrent} data-audit={row.id} onClick={() => onToggle(row.id)}>
        <Cell>
          {row.outcome === "ok" ? (
            <span className="ml-1 block size-1.5 rounded-full bg-line-2" />
          ) : (
            <StateGlyph state={row.outcome === "failed" ? "failed" : "suspended"} label={row.outcome} />
          )}
        </Cell>
        <Cell className="text-text-2 tabular-nums">
          <ClockTime at={row.at} />
        </Cell>
        <Cell title={who}>{who}</Cell>
        <Cell>
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={(event) => {
              event.stopPropagation();
              onToggle(row.id);
            }}
            className="max-w-full truncate font-mono text-12"
          >
            {row.verb}
          </button>
        </Cell>
        <Cell className="max-sm:hidden">
          {objectWords(row)}
          {row.outcome !== "ok" && row.reason && <span className="ml-2 text-text-3">{row.reason}</span>}
        </Cell>
        <Cell className="font-mono text-12 text-text-2 max-lg:hidden">{row.address}</Cell>
      </Row>
      {isOpen && (
        <DetailRow>
          <Details row={row} />
        </DetailRow>
      )}
    </>
  );
});

const OUTCOME_STATE = { ok: "completed", refused: "suspended", failed: "failed" } as const;

function Details({ row }: { row: Item }) {
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    [
      "Outcome",
      <Tag key="outcome" state={OUTCOME_STATE[row.outcome]}>
        {row.outcome === "ok" ? "done" : row.outcome}
      </Tag>,
    ],
    ["What", objectWords(row)],
    ["Because of", row.reason],
    ["Key", row.key && `${row.key}…`],
    ["From", row.address],
    ["Request", row.route],
    ["Status", row.status],
    ["Requests", row.count > 1 ? row.count : null],
    ["Request id", row.request_id],
    ["Number", row.id],
    ["Hash", row.hash ? row.hash.slice(0, 16) : "not sealed yet"],
  ];
  return (
    <div className="sm:pl-10">
      <Facts className="flex-wrap border-b-0 [&_dd]:whitespace-normal [&_dd]:[overflow-wrap:anywhere]">
        {facts.map(
          ([label, value]) =>
            value && (
              <Fact key={label} label={label}>
                {value}
              </Fact>
            ),
        )}
      </Facts>
      <div className="grid grid-cols-2 gap-4 px-4 pb-3 empty:hidden max-sm:grid-cols-1">
        {row.before && <Values label="Before" value={row.before} />}
        {row.after && <Values label="After" value={row.after} />}
      </div>
    </div>
  );
}

function Values({ label, value }: { label: string; value: unknown }) {
  return (
    <div className="min-w-0">
      <h3 className="text-11 text-text-3">{label}</h3>
      <pre className="max-h-60 overflow-auto whitespace-pre-wrap text-12 [overflow-wrap:anywhere]">
        {formatJson(value)}
      </pre>
    </div>
  );
}
