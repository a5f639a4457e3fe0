import { memo } from "react";
import { stateOf } from "@/components/ui/state-glyph";
import { FILL } from "@/components/ui/state-word";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/duration";
import type { Scale, Segment } from "./gantt-scale";

interface Props {
  segments: Segment[];
  scale: Scale;
  /** Words that stand in the place of a bar: why the step was skipped. */
  remark?: string | null;
  /** Whether the step was taken over from another job: then the words have an outline, as a bar has a place. */
  isTakenOver?: boolean;
}

/** What happened to a step, on the axis that all rows share. */
export const GanttBar = memo(function GanttBar({ segments, scale, remark, isTakenOver }: Props) {
  const percent = (ms: number) => `${Math.min(Math.max((ms / scale.span) * 100, 0), 100)}%`;
  return (
    <div className="relative mr-4 ml-3 h-full min-w-0" title={segments.map(words).join("\n") || undefined}>
      {segments.map((segment) => (
        <i
          key={`${segment.kind}${segment.from}`}
          className={cn(
            "absolute top-1/2",
            SHAPE[segment.kind],
            segment.kind === "ran" && FILL[stateOf(segment.status)],
          )}
          style={{ left: percent(segment.from), width: percent(segment.to - segment.from) }}
        />
      ))}
      {remark && (
        <span className="absolute inset-y-0 left-0 flex max-w-full items-center">
          <span
            className={cn(
              "truncate text-12 text-text-3",
              isTakenOver && "rounded-1 border border-line-2 border-dashed px-1.5 text-text-2 leading-4",
            )}
            title={remark}
          >
            {remark}
          </span>
        </span>
      )}
      {scale.now !== null && (
        <i
          className={cn("absolute inset-y-0 w-px bg-accent opacity-55", remark && "max-sm:hidden")}
          style={{ left: percent(scale.now) }}
        />
      )}
    </div>
  );
});

const SHAPE = {
  ran: "-mt-[5px] h-2.5 min-w-[3px] rounded-[2px]",
  waited: "hatch -mt-0.5 h-1",
  delay: "border-faint border-t-[1.5px] border-dotted",
};

function words(segment: Segment): string {
  return `${segment.label}: ${duration(segment.to - segment.from)}, from ${duration(segment.from)} after the start`;
}

/** The head of the axis: round times, and now. */
export function GanttAxis({ scale }: { scale: Scale }) {
  const percent = (ms: number) => `${(ms / scale.span) * 100}%`;
  return (
    <div className="relative mr-4 ml-3 h-4 tabular-nums">
      {scale.ticks.map((tick) => (
        <span
          key={tick.at}
          className={cn("absolute whitespace-nowrap", tick.at > 0 && "-translate-x-1/2 max-[380px]:hidden")}
          style={{ left: percent(tick.at) }}
        >
          {tick.label}
        </span>
      ))}
      {scale.now !== null && (
        <span className="absolute -translate-x-1/2 text-accent" style={{ left: percent(scale.now) }}>
          now
        </span>
      )}
    </div>
  );
}
