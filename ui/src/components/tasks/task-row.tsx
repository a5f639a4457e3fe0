import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { memo } from "react";
import { Outcomes } from "@/components/ui/outcomes";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { TaskPath } from "@/components/ui/task-path";
import { RelativeTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/duration";
import { percent } from "@/lib/number";
import type { TaskRow as Row } from "./rows";

const CELL = "h-7 truncate px-2 py-0";
const FIGURE = `${CELL} text-right tabular-nums`;

interface Props {
  row: Row;
  isCurrent: boolean;
}

/** A task in the table: path, last outcomes, success, usual times, next fire, last job. */
export const TaskRow = memo(function TaskRow({ row, isCurrent }: Props) {
  const { outcomes, next } = row;
  const last = outcomes?.recent[0];
  const params = { workspace: row.workspace, _splat: row.id };
  return (
    <tr
      aria-current={isCurrent || undefined}
      className={cn("group/row hover:bg-hover", isCurrent && "bg-accent-tint hover:bg-accent-tint")}
    >
      <td className={cn(CELL, "pl-4")}>
        <Link to="/tasks/$workspace/$" params={params} className="flex items-baseline gap-2.5">
          <TaskPath workspace={row.workspace} task={row.path} className="max-w-full flex-none hover:underline" />
          <span className="min-w-0 truncate text-12 text-text-3" title={row.remark}>
            {row.remark}
          </span>
        </Link>
      </td>
      <td className={CELL}>{outcomes?.recent.length ? <Outcomes recent={outcomes.recent} /> : <None />}</td>
      <td className={cn(FIGURE, (outcomes?.success_rate ?? 1) < 0.9 && "text-failed")}>
        {outcomes?.success_rate == null ? <None /> : percent(outcomes.success_rate)}
      </td>
      <td className={FIGURE}>{outcomes?.p50_ms == null ? <None /> : duration(outcomes.p50_ms)}</td>
      <td className={cn(FIGURE, "text-text-2 max-[1360px]:hidden")}>
        {outcomes?.p95_ms == null ? <None /> : duration(outcomes.p95_ms)}
      </td>
      <td className={cn(CELL, "pl-6 text-text-2 tabular-nums")}>{next ? <RelativeTime at={next.at} /> : <None />}</td>
      <td className={CELL}>
        {last && outcomes.last_at ? (
          <Link
            to="/jobs/$jobId"
            params={{ jobId: last.job_id }}
            className="flex items-center gap-2 text-text-2 tabular-nums hover:underline"
          >
            <StateGlyph state={stateOf(last.status)} />
            <RelativeTime at={outcomes.last_at} />
          </Link>
        ) : (
          <span className="text-text-3">never ran</span>
        )}
      </td>
      <td className="h-7 pr-3">
        <Link
          to="/tasks/$workspace/$"
          params={params}
          search={{ run: true }}
          aria-label={`Run ${row.path}`}
          title="Run (r)"
          className={cn(
            "grid size-6 place-items-center rounded-2 text-text-2 opacity-0 hover:bg-line focus-visible:opacity-100 group-hover/row:opacity-100",
            isCurrent && "opacity-100",
          )}
        >
          <Play size={13} />
        </Link>
      </td>
    </tr>
  );
});

/** A task in two lines, for narrow screens. */
export function TaskCard({ row }: { row: Row }) {
  const { outcomes, next } = row;
  const rate = outcomes?.success_rate;
  return (
    <Link
      to="/tasks/$workspace/$"
      params={{ workspace: row.workspace, _splat: row.id }}
      className="grid h-[52px] grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 border-line border-b px-4"
    >
      <TaskPath workspace={row.workspace} task={row.path} />
      <Outcomes recent={outcomes?.recent ?? []} />
      <span className="truncate text-12 text-text-3 tabular-nums">
        {rate != null ? `${percent(rate)} completed` : outcomes?.last_at ? "none completed" : "never ran"}
        {outcomes?.p50_ms != null && ` · ${duration(outcomes.p50_ms)}`}
      </span>
      <span className="text-right text-12 text-text-3 tabular-nums">
        {next ? <RelativeTime at={next.at} /> : outcomes?.last_at && <RelativeTime at={outcomes.last_at} />}
      </span>
    </Link>
  );
}

function None() {
  return <span className="text-faint">–</span>;
}
