import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect } from "react";
import { NARROW, useMedia } from "@/lib/media";

interface Options {
  count: number;
  keyOf: (index: number) => string | undefined;
  /** Heights in pixels: of a row, and of the card that stands for it on a narrow screen. */
  row: number;
  card: number;
  overscan: number;
  /** The row that the keys are at, which is kept in view; or -1. */
  current: number;
  scroller: RefObject<HTMLDivElement | null>;
}

/** The rows that are in view of a list of any length, and the pixels of those above and below them. */
export function useRowsInView({ count, keyOf, row, card, overscan, current, scroller }: Options) {
  const isNarrow = useMedia(NARROW);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isNarrow ? card : row),
    overscan,
    getItemKey: (index) => keyOf(index) ?? index,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows have another height
  useEffect(() => virtual.measure(), [isNarrow]);
  useEffect(() => {
    if (current >= 0) virtual.scrollToIndex(current, { align: "auto" });
  }, [current, virtual]);
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return { isNarrow, items, above, below };
}
