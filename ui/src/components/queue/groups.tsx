import type { QueueGroup } from "@/api/queue";
import { Section } from "@/components/ui/section";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Cell, Row, Table } from "@/components/ui/table";
import { RelativeTime } from "@/components/ui/time";
import { count } from "@/lib/number";

const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Needs", className: "w-[32%]" },
  { label: "Steps", className: "w-[72px] text-right" },
  { label: "Blocker", className: "" },
  { label: "First since", className: "w-[120px] max-sm:hidden" },
];

const HELD: Record<string, string> = {
  approval: "wait for a person",
  timer: "wait for a time",
  signal: "wait for a signal",
  slot: "wait for a slot of a limit",
  rate: "wait for a rate",
  retry: "wait for their next attempt",
  pause: "are paused",
  turn: "wait for their turn in a loop",
  job: "wait for a job that they started",
};

/** Ready steps by what they need of a worker. */
export function QueueGroups({ groups }: { groups: readonly QueueGroup[] }) {
  return (
    <Section title="Wait for a worker" remark={count(groups.reduce((sum, group) => sum + group.waiting, 0))}>
      <Table columns={COLUMNS} label="Groups of steps that wait for a worker">
        {groups.map((group) => (
          <Row key={`${group.ability} ${group.tags.join(" ")}`}>
            <Cell>
              <StateGlyph state={group.has_worker ? "pending" : "failed"} label={group.has_worker ? "" : "No worker"} />
            </Cell>
            <Cell title={group.tags.join(", ")}>
              <span className="font-medium">{group.ability}</span>
              {group.tags.length > 0 && <span className="text-text-2"> with {group.tags.join(", ")}</span>}
            </Cell>
            <Cell className="text-right tabular-nums">{count(group.waiting)}</Cell>
            <Cell className={group.has_worker ? "text-text-2" : "text-failed"} title={group.why}>
              {group.why}
            </Cell>
            <Cell className="text-text-2 tabular-nums max-sm:hidden">
              {group.first_since ? <RelativeTime at={group.first_since} /> : "–"}
            </Cell>
          </Row>
        ))}
      </Table>
    </Section>
  );
}

/** Steps that wait for something else than a worker, counted. */
export function HeldLine({ held }: { held: Record<string, number> }) {
  const kinds = Object.entries(held).filter(([, number]) => number > 0);
  if (!kinds.length) return null;
  return (
    <p className="flex min-h-9 flex-none flex-wrap items-center gap-x-5 border-line border-b px-4 py-1.5 text-text-2 tabular-nums">
      {kinds.map(([kind, number]) => (
        <span key={kind}>
          <span className="font-medium text-text">{count(number)}</span> {HELD[kind] ?? `wait: ${kind}`}
        </span>
      ))}
    </p>
  );
}
