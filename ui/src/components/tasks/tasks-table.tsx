import { ArrowDown, ArrowUp } from "lucide-react";
import type { RefObject } from "react";
import { HEAD } from "@/components/ui/table";
import { useRowsInView } from "@/components/ui/use-rows-in-view";
import { cn } from "@/lib/cn";
import type { TaskRow as Row } from "./rows";
import { type Sort, sortOf } from "./search";
import { TaskCard, TaskRow } from "./task-row";

const ROW = 28;
const CARD = 52;
const COLUMNS: readonly { label: string; sort?: Sort; width: string; isFigure?: boolean }[] = [
  { label: "Task", sort: "path", width: "pl-4" },
  { label: "Last jobs", width: "w-[118px]" },
  { label: "Success", sort: "success", width: "w-[80px]", isFigure: true },
  { label: "p50", sort: "p50", width: "w-[100px]", isFigure: true },
  { label: "p95", sort: "p95", width: "w-[100px] max-[1360px]:hidden", isFigure: true },
  { label: "Next fire", sort: "next", width: "w-[100px] pl-6" },
  { label: "Last job", sort: "last", width: "w-[100px]" },
];

interface Props {
  rows: readonly Row[];
  current: number;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  scroller: RefObject<HTMLDivElement | null>;
}

/** The tasks that are in view of a list of any length. */
export function TasksTable({ rows, current, sort, onSort, scroller }: Props) {
  const { isNarrow, items, above, below } = useRowsInView({
    count: rows.length,
    keyOf: (index) => rows[index]?.key,
    row: ROW,
    card: CARD,
    overscan: 15,
    current,
    scroller,
  });
  if (isNarrow)
    return (
      <div style={{ paddingTop: above, paddingBottom: below }}>
        {items.map((item) => {
          const row = rows[item.index];
          return row && <TaskCard key={row.key} row={row} />;
        })}
      </div>
    );
  return (
    <table className="w-full table-fixed">
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <Head key={column.label} column={column} sort={sort} onSort={onSort} />
          ))}
          <th className={cn(HEAD, "w-11")} aria-label="Run" />
        </tr>
      </thead>
      <tbody>
        {above > 0 && <tr aria-hidden="true" style={{ height: above }} />}
        {items.map((item) => {
          const row = rows[item.index];
          return row && <TaskRow key={row.key} row={row} isCurrent={item.index === current} />;
        })}
        {below > 0 && <tr aria-hidden="true" style={{ height: below }} />}
      </tbody>
    </table>
  );
}

interface HeadProps extends Pick<Props, "sort" | "onSort"> {
  column: (typeof COLUMNS)[number];
}

function Head({ column, sort, onSort }: HeadProps) {
  const now = sortOf(sort);
  const isSorted = now.column === column.sort || (!now.column && column.sort === "path");
  const own = column.sort;
  const next = own && (isSorted && !now.isDown ? `-${own}` : own === "path" ? undefined : own);
  return (
    <th
      aria-sort={own && isSorted ? (now.isDown ? "descending" : "ascending") : undefined}
      className={cn(HEAD, column.isFigure && "text-right", column.width)}
    >
      {own ? (
        <button type="button" className="inline-flex items-center gap-1 hover:text-text" onClick={() => onSort(next)}>
          {column.label}
          {isSorted && (now.isDown ? <ArrowDown size={11} aria-hidden /> : <ArrowUp size={11} aria-hidden />)}
        </button>
      ) : (
        column.label
      )}
    </th>
  );
}
