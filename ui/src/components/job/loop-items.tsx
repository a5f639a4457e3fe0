import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { LoopItem } from "@/api/job";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/duration";
import { errorLine } from "./errors";
import { itemWords } from "./values";

const ROW = 20;
const MOST_VISIBLE = 8;

interface Props {
  label: string;
  items: LoopItem[];
  now: number;
  selectedPath: string | null;
  onSelect: (path: string) => void;
  /** The last item that is there has come into view. */
  onEnd: () => void;
}

/** A list of items of any length; only those in view are drawn. */
export function LoopItems({ label, items, now, selectedPath, onSelect, onEnd }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const lines = virtual.getVirtualItems();
  const last = lines.at(-1)?.index ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end is told once for each length
  useEffect(() => {
    if (items.length > 0 && last >= items.length - 10) onEnd();
  }, [last, items.length]);
  const at = items.findIndex((item) => item.step_name === selectedPath);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list moves when another item is selected
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: "auto" });
  }, [selectedPath, at < 0]);
  if (items.length === 0) return <p className="text-12 text-text-3">Nothing matches.</p>;
  return (
    <div ref={scroll} className="overflow-auto" style={{ maxHeight: ROW * MOST_VISIBLE }}>
      <ul className="relative" aria-label={label} style={{ height: virtual.getTotalSize() }}>
        {lines.map((line) => {
          const item = items[line.index];
          return item ? (
            <li key={item.step_name} className="absolute inset-x-0 h-5" style={{ top: line.start }}>
              <Item item={item} now={now} isSelected={item.step_name === selectedPath} onSelect={onSelect} />
            </li>
          ) : null;
        })}
      </ul>
    </div>
  );
}

interface ItemProps {
  item: LoopItem;
  now: number;
  isSelected: boolean;
  onSelect: (path: string) => void;
}

function Item({ item, now, isSelected, onSelect }: ItemProps) {
  const from = item.started_at ? Date.parse(item.started_at) : null;
  const ms = from === null || item.status === "skipped" ? null : Date.parse(item.completed_at ?? "") - from;
  const state = stateOf(item.status);
  const error = errorLine(item.error_message);
  const words = error ?? itemWords(item.value);
  return (
    <button
      type="button"
      aria-current={isSelected || undefined}
      onClick={() => onSelect(item.step_name)}
      className={cn(
        "grid h-5 w-full grid-cols-[14px_96px_minmax(0,1fr)_auto] items-center gap-2 rounded-1 text-left text-12 hover:bg-hover",
        isSelected && "bg-accent-tint hover:bg-accent-tint",
      )}
    >
      <StateGlyph state={state} size={13} />
      <span className="truncate font-mono text-11" title={item.step_name}>
        {item.step_name}
      </span>
      <span className={cn("truncate", error ? "text-failed" : "text-text-3")} title={words}>
        {words}
      </span>
      <span className="text-right text-text-3 tabular-nums">
        {ms === null ? "" : duration(Number.isNaN(ms) ? now - (from ?? now) : ms)}
      </span>
    </button>
  );
}
