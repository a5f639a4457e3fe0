import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useState } from "react";
import type { Timeline } from "@/api/home";
import { Button } from "@/components/ui/button";
import { Chip } from "@/components/ui/chip";
import { Section } from "@/components/ui/section";
import { StateGlyph } from "@/components/ui/state-glyph";
import { TaskPath } from "@/components/ui/task-path";
import { count, counted } from "@/lib/number";
import { useBrush } from "@/lib/use-brush";
import { useBrushKeys } from "@/lib/use-brush-keys";
import { DayTable } from "./day-table";
import { jobsAt, Lane } from "./lane";
import { type HomeSearch, hourTicks, spanWords } from "./span";

const ROW = 20;
const LEGEND = ["completed", "failed", "cancelled", "running"] as const;

interface JobsOf {
  workspace?: string;
  task?: string;
  from: string;
  to: string;
}

interface Props {
  day: Timeline;
  search: HomeSearch;
  onSpan: (span: HomeSearch) => void;
  onOpen: (jobs: JobsOf) => void;
}

/** The jobs of 24 hours by task. A drawn span filters what is below; a pressed bar opens its jobs. */
export function Day({ day, search, onSpan, onOpen }: Props) {
  const [isTable, setTable] = useState(false);
  const start = Date.parse(day.from);
  const length = Date.parse(day.to) - start;
  const buckets = Math.round(length / day.bucket_ms);
  const timeOf = (bucket: number) => new Date(start + bucket * day.bucket_ms).toISOString();
  const seriesOf = (row: number) => day.series[Math.min(Math.max(row, 0), day.series.length - 1)];
  const open = (first: number, last: number, row: number) => {
    const series = seriesOf(row);
    onOpen({
      from: timeOf(first),
      to: timeOf(last + 1),
      workspace: series?.workspace ?? undefined,
      task: series?.task_name ?? undefined,
    });
  };
  const choose = (first: number, last: number) => onSpan({ from: timeOf(first), to: timeOf(last + 1) });
  const brush = useBrush({
    buckets,
    onSpan: choose,
    onPress: (bucket, y) => {
      const row = Math.floor(y / ROW);
      const series = seriesOf(row);
      const near = [bucket, bucket - 1, bucket + 1].find((one) => series && jobsAt(series, one) > 0);
      if (near === undefined) onSpan({});
      else open(near, near, row);
    },
  });
  const keys = useBrushKeys({
    buckets,
    rows: day.series.length,
    onSpan: choose,
    onOpen: open,
    onClear: () => onSpan({}),
  });
  const shareOf = (time: string) => ((Date.parse(time) - start) / length) * 100;
  const span = brush.drawn
    ? { from: timeOf(brush.drawn[0]), to: timeOf(brush.drawn[1] + 1) }
    : search.from
      ? search
      : undefined;
  const ended = day.total - (day.totals["running"] ?? 0) - (day.totals["pending"] ?? 0);
  const share = ended ? `${Math.floor(((day.totals["completed"] ?? 0) / ended) * 1000) / 10} % completed` : "";
  return (
    <Section
      title="Last 24 hours"
      remark={[`${counted(day.total, "job")}${day.is_cut ? " and more" : ""}`, share].filter(Boolean).join(" · ")}
      actions={
        <>
          <span className="flex items-center gap-3 max-lg:hidden">
            {LEGEND.map((state) => (
              <span key={state} className="flex items-center gap-1">
                <StateGlyph state={state} label="" /> {state}
              </span>
            ))}
          </span>
          <Button
            variant="quiet"
            size="sm"
            aria-pressed={isTable}
            className="-mr-2 max-sm:hidden"
            onClick={() => setTable(!isTable)}
          >
            Show as table
          </Button>
          {span && (
            <Chip isSet onClick={() => onSpan({})} aria-label={`Show the whole day, not ${spanWords(span)}`}>
              {spanWords(span)}
              <X size={12} aria-hidden />
            </Chip>
          )}
        </>
      }
    >
      {isTable ? (
        <DayTable day={day} />
      ) : (
        <div className="grid grid-cols-[224px_minmax(0,1fr)_88px] px-4 pb-1.5 max-sm:grid-cols-[104px_minmax(0,1fr)]">
          <div>
            {day.series.map((series) => (
              <div key={`${series.workspace}/${series.task_name}`} className="flex h-5 items-center text-12 text-text">
                {series.task_name === null ? (
                  <span className="truncate">
                    {counted(series.tasks, day.series.length > 1 ? "other task" : "task")}
                  </span>
                ) : (
                  <Link
                    to="/jobs"
                    search={{ workspace: series.workspace ?? undefined, task: series.task_name, hours: 24 }}
                    className="min-w-0 pr-2 hover:underline"
                  >
                    <TaskPath
                      workspace={series.workspace ?? ""}
                      task={series.task_name}
                      className="max-sm:[&>:not(:last-child)]:hidden [&>:last-child]:font-normal"
                    />
                  </Link>
                )}
              </div>
            ))}
          </div>
          <div
            role="group"
            aria-label="Jobs by task and time. Arrows move, Shift draws a span, Enter opens the jobs."
            // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys are those of the pointer
            tabIndex={0}
            className="relative touch-pan-y select-none"
            {...brush.handlers}
            {...keys.handlers}
          >
            {span?.from && span.to && (
              <span
                data-brush
                className="absolute top-0 bottom-[18px] border-accent-line border-x bg-accent-tint"
                style={{ left: `${shareOf(span.from)}%`, width: `${shareOf(span.to) - shareOf(span.from)}%` }}
              />
            )}
            {day.series.map((series) => (
              <Lane key={`${series.workspace}/${series.task_name}`} series={series} buckets={buckets} />
            ))}
            {keys.cursor && (
              <span
                className="absolute h-5 w-[7px] -translate-x-0.5 rounded-1 border border-accent"
                style={{ left: `${(keys.cursor.bucket / buckets) * 100}%`, top: keys.cursor.row * ROW }}
              />
            )}
            <span className="absolute top-0 right-0 bottom-[18px] w-px bg-accent" title="now" />
            <div className="relative h-[18px] text-11 text-text-3">
              {hourTicks(start, start + length, 3).map((tick, index) => (
                <span
                  key={tick.at}
                  className={`absolute top-0.5 -translate-x-1/2 ${index % 2 ? "max-sm:hidden" : ""}`}
                  style={{ left: `${Math.min(((tick.at - start) / length) * 100, 98)}%` }}
                >
                  {tick.label}
                </span>
              ))}
            </div>
          </div>
          <div className="text-right text-12 tabular-nums max-sm:hidden">
            {day.series.map((series) => (
              <div
                key={`${series.workspace}/${series.task_name}`}
                className={`h-5 leading-5 ${series.failed ? "text-failed" : "text-text-3"}`}
              >
                {series.failed ? `${count(series.failed)} failed` : count(series.total)}
              </div>
            ))}
          </div>
        </div>
      )}
    </Section>
  );
}
