import { memo } from "react";
import type { Series } from "@/api/home";
import type { State } from "@/components/ui/state-glyph";
import { FILL } from "@/components/ui/state-word";
import { cn } from "@/lib/cn";

const SHOWN: readonly State[] = ["failed", "running", "pending", "cancelled", "skipped", "completed"];

/** The bars of a task: one for each part of the time, as high as its jobs are many, in the colour of the worst. */
export const Lane = memo(function Lane({ series, buckets }: { series: Series; buckets: number }) {
  const sums = Array.from({ length: buckets }, (_, index) => jobsAt(series, index));
  const most = Math.max(...sums, 1);
  return (
    <div className="relative h-5 border-line border-b">
      {sums.map((sum, index) => {
        if (sum === 0) return null;
        const state = SHOWN.find((one) => (series.counts[one]?.[index] ?? 0) > 0) ?? "completed";
        const isFailed = state === "failed";
        return (
          <i
            key={index}
            className={cn("absolute bottom-[3px] rounded-[1px]", FILL[state], isFailed ? "z-[1] w-1" : "w-[3px]")}
            style={{ left: `${(index / buckets) * 100}%`, height: isFailed ? 14 : 4 + Math.round((sum / most) * 8) }}
          />
        );
      })}
    </div>
  );
});

/** The number of jobs of a part of the time. */
export function jobsAt(series: Series, index: number): number {
  return Object.values(series.counts).reduce((sum, counts) => sum + (counts[index] ?? 0), 0);
}
