import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { Chip } from "@/components/ui/chip";
import { SearchInput } from "@/components/ui/input";
import { type State, StateGlyph, stateOf, wordOf } from "@/components/ui/state-glyph";
import { FILL } from "@/components/ui/state-word";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/duration";
import { count } from "@/lib/number";
import { ranMs } from "./gantt-scale";
import { cellsOf, itemsShown, itemWords, stateCounts } from "./loop-strip";
import type { StepNode } from "./step-tree";

const ROW = 20;
const MOST_VISIBLE = 8;

interface Props {
  node: StepNode;
  now: number;
  selectedPath: string | null;
  onSelect: (path: string) => void;
}

/** A loop of many items: cells with the worst state of each part, counts that filter, and the items, failed first. */
export function LoopPanel({ node, now, selectedPath, onSelect }: Props) {
  const states = useMemo(() => node.items.map((item) => stateOf(item.step.status)), [node.items]);
  const cells = useMemo(() => cellsOf(states), [states]);
  const counts = useMemo(() => stateCounts(states), [states]);
  const [chosen, setChosen] = useState<State | "all" | null>(null);
  const [text, setText] = useState("");
  const searched = useDeferredValue(text);
  const failed = counts.some(([state]) => state === "failed");
  const state = chosen === "all" || text ? null : (chosen ?? (failed ? "failed" : null));
  const shown = useMemo(() => itemsShown(node.items, state, searched), [node.items, state, searched]);
  const list = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const goTo = (from: number, size: number, worst: State) => {
    const inside = node.items.slice(from, from + size);
    const item = inside.find((one) => stateOf(one.step.status) === worst) ?? inside[0];
    if (!item) return;
    setText("");
    setChosen(worst);
    onSelect(item.path);
    const at = itemsShown(node.items, worst, "").indexOf(item);
    requestAnimationFrame(() => virtual.scrollToIndex(at, { align: "center" }));
  };
  return (
    <div className="border-line border-y bg-canvas py-2 pr-4 pl-[46px] max-sm:pl-4">
      <div
        className="grid gap-px"
        style={{ gridTemplateColumns: `repeat(${Math.min(cells.length, 100)}, minmax(0, 1fr))` }}
      >
        {cells.map((cell) => {
          const range = cell.size > 1 ? `${cell.from} to ${cell.from + cell.size - 1}` : `${cell.from}`;
          const words = `Items ${range}: ${wordOf(cell.state).toLowerCase()}`;
          return (
            <button
              key={cell.from}
              type="button"
              tabIndex={-1}
              title={words}
              aria-label={words}
              onClick={() => goTo(cell.from, cell.size, cell.state)}
              className={cn("h-[7px] rounded-[1px]", FILL[cell.state])}
            />
          );
        })}
      </div>
      <div className="my-1.5 flex flex-wrap items-center gap-1">
        {counts.map(([one, number]) => (
          <Chip
            key={one}
            isSet={state === one}
            aria-pressed={state === one}
            onClick={() => setChosen(state === one ? "all" : one)}
            title={`${count(number)} ${wordOf(one).toLowerCase()}`}
          >
            <StateGlyph state={one} size={12} />
            <span className={cn("tabular-nums", state === one && "font-medium text-text")}>{count(number)}</span>
          </Chip>
        ))}
        <SearchInput
          className="ml-auto w-40"
          placeholder="Item or value"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      {shown.length === 0 && <p className="text-12 text-text-3">Nothing matches.</p>}
      <div ref={list} className="overflow-auto" style={{ maxHeight: ROW * MOST_VISIBLE }}>
        <ul className="relative" aria-label={`Items of ${node.path}`} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((line) => {
            const item = shown[line.index];
            return item ? (
              <li key={item.path} className="absolute inset-x-0 h-5" style={{ top: line.start }}>
                <Item node={item} now={now} isSelected={item.path === selectedPath} onSelect={onSelect} />
              </li>
            ) : null;
          })}
        </ul>
      </div>
    </div>
  );
}

function Item({ node, now, isSelected, onSelect }: Omit<Props, "selectedPath"> & { isSelected: boolean }) {
  const ms = ranMs(node.step, now);
  const state = stateOf(node.step.status);
  const words = itemWords(node);
  return (
    <button
      type="button"
      aria-current={isSelected || undefined}
      onClick={() => onSelect(node.path)}
      className={cn(
        "grid h-5 w-full grid-cols-[14px_auto_minmax(0,1fr)_auto] items-center gap-2 rounded-1 text-left text-12 hover:bg-hover",
        isSelected && "bg-accent-tint hover:bg-accent-tint",
      )}
    >
      <StateGlyph state={state} size={13} />
      <span className="min-w-[88px] max-w-[200px] truncate font-mono text-11">{node.parent?.name + node.name}</span>
      <span className={cn("truncate", state === "failed" ? "text-failed" : "text-text-3")} title={words}>
        {words}
      </span>
      <span className="text-right text-text-3 tabular-nums">{ms === null ? "" : duration(ms)}</span>
    </button>
  );
}
