import { type RefObject, useEffect, useMemo } from "react";
import type { JobItem } from "@/api/jobs";
import { Button } from "@/components/ui/button";
import { HEAD } from "@/components/ui/table";
import { useRowsInView } from "@/components/ui/use-rows-in-view";
import { cn } from "@/lib/cn";
import { count } from "@/lib/number";
import { COLUMNS, type ColumnKey } from "./columns";
import { JobCard, JobRow } from "./job-row";
import type { Selection } from "./use-selection";

const ROW = 24;
const CARD = 54;

interface Props {
  rows: JobItem[];
  newer: number;
  onLetIn: () => void;
  selection: Selection;
  current: number;
  hidden: readonly ColumnKey[];
  onEnd: () => void;
  scroller: RefObject<HTMLDivElement | null>;
}

/** The rows that are in view of a list of any length; asks for more near its end. */
export function JobsTable({ rows, newer, onLetIn, selection, current, hidden, onEnd, scroller }: Props) {
  const { isNarrow, items, above, below } = useRowsInView({
    count: rows.length,
    keyOf: (index) => rows[index]?.job_id,
    row: ROW,
    card: CARD,
    overscan: 8,
    current,
    scroller,
  });
  const last = items.at(-1)?.index ?? 0;
  const longest = useMemo(() => rows.reduce((most, job) => Math.max(most, job.duration_ms ?? 0), 0), [rows]);
  useEffect(() => {
    if (last >= rows.length - 30) onEnd();
  }, [last, rows.length, onEnd]);
  return (
    <>
      {newer > 0 && (
        <div className="sticky top-[30px] z-10 h-0 text-center max-sm:top-2">
          <Button size="sm" className="rounded-full border-accent-line text-accent shadow-float" onClick={onLetIn}>
            {count(newer)} newer
          </Button>
        </div>
      )}
      {isNarrow ? (
        <div style={{ paddingTop: above, paddingBottom: below }}>
          {items.map((item) => {
            const job = rows[item.index];
            return job && <JobCard key={job.job_id} job={job} />;
          })}
        </div>
      ) : (
        <table className="w-full table-fixed">
          <thead>
            <tr>
              <th className={cn(HEAD, "w-10")} aria-label="State" />
              {COLUMNS.filter(({ key }) => !hidden.includes(key)).map((column) => (
                <th key={column.key} className={cn(HEAD, column.width)}>
                  {column.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {above > 0 && <tr aria-hidden="true" style={{ height: above }} />}
            {items.map((item) => {
              const job = rows[item.index];
              return (
                job && (
                  <JobRow
                    key={job.job_id}
                    job={job}
                    longest={longest}
                    isSelected={selection.has(job.job_id)}
                    isCurrent={item.index === current}
                    isSelecting={selection.size > 0}
                    onSelect={selection.toggle}
                    hidden={hidden}
                  />
                )
              );
            })}
            {below > 0 && <tr aria-hidden="true" style={{ height: below }} />}
          </tbody>
        </table>
      )}
    </>
  );
}
