import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { histogramQuery, type JobFilters } from "@/api/jobs";
import type { State } from "@/components/ui/state-glyph";
import { FILL } from "@/components/ui/state-word";
import { cn } from "@/lib/cn";
import { roughDuration } from "@/lib/duration";
import { count } from "@/lib/number";
import { clockTime } from "@/lib/time";
import { useBrush } from "@/lib/use-brush";
import { useBrushKeys } from "@/lib/use-brush-keys";

const ORDER: readonly State[] = ["completed", "skipped", "cancelled", "failed", "running", "pending"];

interface Props {
  filters: JobFilters;
  onSpan: (from: string, to: string) => void;
}

/** How many jobs there were, by time and outcome; a drawn span becomes the filter of time. */
export function Histogram({ filters, onSpan }: Props) {
  const { data } = useQuery(histogramQuery(filters));
  const parts = useMemo(() => {
    const counts = data?.series[0]?.counts ?? {};
    const length = data ? Math.round((Date.parse(data.to) - Date.parse(data.from)) / data.bucket_ms) : 0;
    return Array.from({ length }, (_, index) => {
      const states = ORDER.map((state) => [state, counts[state]?.[index] ?? 0] as const).filter(([, jobs]) => jobs > 0);
      return { states, sum: states.reduce((sum, [, jobs]) => sum + jobs, 0) };
    });
  }, [data]);
  const most = parts.reduce((most, { sum }) => Math.max(most, sum), 0);
  const timeOf = (bucket: number) =>
    new Date(Date.parse(data?.from ?? "") + bucket * (data?.bucket_ms ?? 0)).toISOString();
  const choose = (first: number, last: number) => data && onSpan(timeOf(first), timeOf(last + 1));
  const brush = useBrush({ buckets: parts.length, onSpan: choose, onPress: (bucket) => choose(bucket, bucket) });
  const keys = useBrushKeys({
    buckets: parts.length,
    rows: 1,
    isDrawnAtOnce: false,
    onSpan: choose,
    onOpen: choose,
    onClear: () => undefined,
  });
  const shown = brush.drawn ?? keys.drawn;
  if (data && most === 0 && Object.keys(filters).length === 0) return null;
  const words = data ? `${clockTime(data.from)} – ${clockTime(data.to)}` : "";
  return (
    <div className="relative h-11 flex-none border-line border-b px-4">
      <div
        role="group"
        aria-label={`Jobs by time, ${words}, at most ${count(most)} at once. Arrows move, Shift draws a span, Enter filters.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys are those of the pointer
        tabIndex={0}
        className="relative flex h-full touch-pan-y select-none items-end gap-px pt-1.5"
        {...brush.handlers}
        {...keys.handlers}
      >
        {shown && (
          <span
            className="absolute inset-y-0 border-accent-line border-x bg-accent-tint"
            style={{
              left: `${(shown[0] / parts.length) * 100}%`,
              width: `${((shown[1] + 1 - shown[0]) / parts.length) * 100}%`,
            }}
          />
        )}
        {parts.map(({ states, sum }, index) => (
          <span
            key={index}
            className="relative flex h-full min-w-0 flex-1 flex-col-reverse"
            title={
              sum
                ? `${clockTime(timeOf(index))}: ${states.map(([state, jobs]) => `${count(jobs)} ${state}`).join(", ")}`
                : undefined
            }
          >
            {states.map(([state, jobs]) => (
              <i
                key={state}
                className={cn("block", FILL[state])}
                style={{ height: `max(${(jobs / most) * 100}%, 2px)` }}
              />
            ))}
          </span>
        ))}
      </div>
      {most > 0 && (
        <span className="pointer-events-none absolute top-1 left-4 bg-surface pr-1.5 text-11 text-text-3 tabular-nums">
          up to {count(most)} in {roughDuration(data?.bucket_ms ?? 0)}
          {!filters.from && ", last 24 hours"}
        </span>
      )}
    </div>
  );
}
