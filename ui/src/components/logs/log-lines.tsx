import { useEffect } from "react";
import { cn } from "@/lib/cn";
import { type Group, groupAt } from "./groups";
import type { LogLine } from "./line";
import type { LogModel } from "./log-model";
import { LogRow, type RowLook } from "./log-row";
import type { RowMap, Span } from "./row-map";
import { type Anchor, useWindow } from "./use-window";

interface Props {
  model: LogModel;
  version: number;
  rows: RowMap;
  look: RowLook;
  label: string;
  anchor: Anchor;
  setAnchor: (anchor: Anchor) => void;
  isFollowing: boolean;
  groups: readonly Group[];
  isOpen: (group: Group) => boolean;
  linked: Span | null;
  errors: ReadonlySet<number>;
  current: number | undefined;
  whole: ReadonlyMap<number, LogLine>;
}

/** The lines of a log: only those in the view are drawn. */
export function LogLines(props: Props) {
  const { model, version, rows, look, groups, linked, errors, current, whole } = props;
  const shown = useWindow(rows, look.isWrapped, props.anchor, props.setAnchor);
  const lines = shown.shown.map((row) => rows.line(row));
  const [first, last] = [lines[0], lines.at(-1)];
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first and last line stand for all of them
  useEffect(() => model.want(lines), [model, version, rows, first, last]);
  return (
    <div
      ref={shown.scroller}
      role="log"
      aria-label={props.label}
      aria-live={props.isFollowing ? "polite" : "off"}
      aria-busy={!model.isReady}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
      tabIndex={0}
      onScroll={shown.onScroll}
      className={cn(
        "absolute inset-0 overflow-y-scroll bg-surface font-mono text-[12px] leading-[18px] [overflow-anchor:none] [scrollbar-width:thin] focus-visible:shadow-[inset_0_0_0_2px_var(--accent)]",
        look.isWrapped ? "overflow-x-hidden" : "overflow-x-auto",
      )}
    >
      <div ref={shown.wide} style={{ height: shown.scrollHeight }}>
        <div className="sticky top-0 [overflow-x:visible] [overflow-y:clip]" style={{ height: shown.height }}>
          <div ref={shown.block} className="absolute left-0 min-w-full max-w-none" style={shown.style}>
            {lines.map((number) => {
              const group = groupAt(groups, number);
              const isName = group?.first === number;
              return (
                <LogRow
                  key={number}
                  number={number}
                  line={whole.get(number) ?? model.chunks.line(number)}
                  look={look}
                  isLinked={linked !== null && number >= linked.first && number <= linked.last}
                  isError={errors.has(number)}
                  isCurrent={number === current}
                  group={isName ? group : undefined}
                  isOpen={isName && props.isOpen(group)}
                  until={isName ? (model.chunks.record(group.last)?.at ?? 0) : 0}
                />
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}
