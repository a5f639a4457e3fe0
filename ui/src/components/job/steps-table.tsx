import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { isLive } from "@/api/job";
import { HOUR_MS, useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";
import { useShortcuts } from "@/lib/keys";
import { NARROW, useMedia } from "@/lib/media";
import { GanttAxis } from "./gantt-bar";
import { scaleOf } from "./gantt-scale";
import { LoopPanel } from "./loop-panel";
import { firstOpened, pathsAround, type Row, rowsOf } from "./rows";
import { COLUMNS, StepRow } from "./step-row";
import type { JobView } from "./use-job-view";

const HEIGHT = { step: 28, attempt: 24, loop: 240 };

interface Props {
  view: JobView;
  usual: ReadonlyMap<string, number>;
  /** Moves the focus to the log of the selected step. */
  onOpenLog: () => void;
}

/** All steps with what happened to each on one axis of time. */
export function StepsTable({ view, usual, onOpenLog }: Props) {
  const { job, tree, selected, attempt, select } = view;
  const now = useNow(isLive(job) ? 1000 : HOUR_MS);
  const isNarrow = useMedia(NARROW);
  const scale = scaleOf(job, Math.max(now, Date.now() - 1000));
  const [opened, setOpened] = useState<ReadonlySet<string>>(() => firstOpened(tree));
  const path = selected?.path ?? null;
  const isThere = !!selected?.node;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another selection, or one that has been read, opens what is around it
  useEffect(() => {
    if (path === null) return;
    const around = pathsAround(tree, path);
    const own = selected?.node?.step.retry_history.length ? [path] : [];
    setOpened((before) => new Set([...before, ...around, ...own]));
  }, [path, isThere]);
  const rows = useMemo(() => rowsOf(tree, opened, path), [tree, opened, path]);
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: (index) => {
      const kind = rows[index]?.kind ?? "step";
      return kind === "step" && isNarrow ? 36 : HEIGHT[kind];
    },
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
  });
  const isChosen = (row: Row) => {
    if (row.node.path !== path || row.kind === "loop") return false;
    return row.kind === "attempt" ? row.attempt === (attempt ?? row.node.step.retry_history.length + 1) : true;
  };
  const current = rows.findIndex(
    (row) =>
      row.kind !== "loop" && row.node.path === path && (row.kind === "attempt" ? row.attempt === attempt : !attempt),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list moves when another step is selected, not when it grows
  useEffect(() => {
    if (current >= 0) virtual.scrollToIndex(current, { align: "auto" });
  }, [path, attempt]);
  const toggle = (one: string) => {
    const next = new Set(opened);
    if (!next.delete(one)) next.add(one);
    setOpened(next);
  };
  const choose = (index: number) => {
    const row = rows[index];
    if (row && row.kind !== "loop") select(row.node.path, row.kind === "attempt" ? row.attempt : undefined);
  };
  const move = (by: 1 | -1) => {
    let next = current + by;
    if (rows[next]?.kind === "loop") next += by;
    choose(Math.min(Math.max(next, 0), rows.length - 1));
    requestAnimationFrame(() =>
      scroll.current?.querySelector<HTMLElement>("[aria-selected=true][tabindex='0']")?.focus(),
    );
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const row = rows[current];
    if ((event.target as HTMLElement).closest("input, button")) return;
    const act: Record<string, () => void> = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      ArrowRight: () => row?.kind === "step" && row.canOpen && !row.isOpen && toggle(row.node.path),
      ArrowLeft: () => closeOrLeave(row),
      Enter: onOpenLog,
    };
    const run = act[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  };
  const closeOrLeave = (row: Row | undefined) => {
    if (row?.kind === "step" && row.isOpen) toggle(row.node.path);
    else if (row?.kind === "attempt") select(row.node.path);
    else if (row?.node.parent) select(row.node.parent.path);
  };
  useShortcuts([
    { keys: "j", label: "Next step", group: "Job", run: () => move(1) },
    { keys: "k", label: "Step before", group: "Job", run: () => move(-1) },
  ]);
  return (
    <div
      role="treegrid"
      aria-label="Steps"
      aria-rowcount={rows.length + 1}
      className="flex min-h-0 flex-1 flex-col max-sm:flex-none"
      onKeyDown={onKeyDown}
    >
      <div
        role="row"
        tabIndex={-1}
        aria-rowindex={1}
        className={cn(COLUMNS, "h-6 flex-none border-line border-b pl-4 text-11 text-text-3")}
      >
        <span role="columnheader" tabIndex={-1}>
          Step
        </span>
        <span role="columnheader" tabIndex={-1} className="text-right">
          Ran
        </span>
        <div role="columnheader" tabIndex={-1} aria-label="Time since the start">
          <GanttAxis scale={scale} />
        </div>
      </div>
      <div ref={scroll} role="rowgroup" className="min-h-0 flex-1 overflow-y-auto max-sm:max-h-[70vh]">
        <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((line) => {
            const row = rows[line.index];
            if (!row) return null;
            return (
              <div
                key={line.key}
                role="presentation"
                data-index={line.index}
                ref={row.kind === "loop" ? virtual.measureElement : undefined}
                className="absolute inset-x-0"
                style={{ transform: `translateY(${line.start}px)` }}
              >
                {row.kind === "loop" ? (
                  <div role="row" tabIndex={-1} aria-level={row.level} aria-rowindex={line.index + 2}>
                    <div role="gridcell" tabIndex={-1}>
                      <LoopPanel
                        jobId={job.job_id}
                        path={row.node.path}
                        now={now}
                        selectedPath={path}
                        onSelect={select}
                      />
                    </div>
                  </div>
                ) : (
                  <StepRow
                    row={row}
                    tree={tree}
                    scale={scale}
                    now={now}
                    index={line.index}
                    usual={usual.get(row.node.path)}
                    isSelected={isChosen(row)}
                    onSelect={select}
                    onToggle={toggle}
                  />
                )}
              </div>
            );
          })}
        </div>
      </div>
      <Legend />
    </div>
  );
}

function Legend() {
  return (
    <footer className="flex h-7 flex-none items-center gap-3 border-line border-t px-4 text-12 text-text-3">
      <span className="flex items-center gap-1.5">
        <i className="hatch block h-1 w-[18px]" /> waited
      </span>
      <span className="flex items-center gap-1.5">
        <i className="block h-2 w-[18px] rounded-[2px] bg-completed-fill" /> ran
      </span>
      <span className="flex items-center gap-1.5">
        <i className="block w-[18px] border-faint border-t-[1.5px] border-dotted" /> before a retry
      </span>
    </footer>
  );
}
