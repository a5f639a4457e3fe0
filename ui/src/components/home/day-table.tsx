import type { Timeline } from "@/api/home";
import { count, counted } from "@/lib/number";

const COLUMNS = ["completed", "failed", "cancelled", "running", "pending"] as const;

/** The numbers of the timeline as a table. */
export function DayTable({ day }: { day: Timeline }) {
  return (
    <table className="mx-4 mb-2 w-[min(760px,calc(100%-32px))] text-12">
      <thead>
        <tr className="h-6 border-line border-b text-11 text-text-3">
          <th className="text-left font-medium">Task</th>
          <th className="text-right font-medium">Jobs</th>
          {COLUMNS.map((status) => (
            <th key={status} className="text-right font-medium">
              {status[0]?.toUpperCase() + status.slice(1)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {day.series.map((series) => (
          <tr key={`${series.workspace}/${series.task_name}`} className="h-6 tabular-nums">
            <th className="truncate text-left font-normal">
              {series.task_name === null
                ? counted(series.tasks, day.series.length > 1 ? "other task" : "task")
                : `${series.workspace} / ${series.task_name}`}
            </th>
            <td className="text-right">{count(series.total)}</td>
            {COLUMNS.map((status) => (
              <td key={status} className="text-right text-text-2">
                {count((series.counts[status] ?? []).reduce((sum, one) => sum + one, 0))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
