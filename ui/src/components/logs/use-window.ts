import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { RowMap } from "./row-map";
import {
  isBeyond,
  lastPlace,
  type Place,
  placeAfter,
  placeBack,
  ROW_PX,
  scrollHeight,
  scrollRange,
  topOf,
  type View,
} from "./scroll-map";

/** What stays in place while the log changes: its end, or a line of which `offset` pixels are above the view (below zero: the line is that far below the top). */
export type Anchor = "end" | { line: number; offset: number };

const IDLE_MS = 150;
const ABOVE = 15;
const BELOW = 3;

/** The rows of a log that are in the view, for a scroller of any number of rows. */
export function useWindow(rows: RowMap, isWrapped: boolean, anchor: Anchor, setAnchor: (anchor: Anchor) => void) {
  const scroller = useRef<HTMLDivElement>(null);
  const block = useRef<HTMLDivElement>(null);
  const wide = useRef<HTMLDivElement>(null);
  const heights = useRef(new Map<number, number>()).current;
  const [height, setHeight] = useState(0);
  const [, setMeasured] = useState(0);
  const state = useRef({ top: 0, scrolledAt: 0, timer: 0 as unknown as ReturnType<typeof setTimeout>, width: 0 });

  const view: View = {
    count: rows.count,
    height,
    heightOf: (row) => (isWrapped ? (heights.get(rows.line(row)) ?? ROW_PX) : ROW_PX),
  };
  const place = placeOf(view, rows, anchor);
  const visible = Math.ceil(height / ROW_PX) + BELOW;
  const isAtEnd = anchor === "end";
  const from = isAtEnd ? Math.max(rows.count - visible, 0) : Math.max(place.row - (isWrapped ? ABOVE : 0), 0);
  const to = Math.min(isAtEnd ? rows.count : place.row + visible + 1, rows.count);
  const latest = useRef({ view, place, rows });
  latest.current = { view, place, rows };

  const sync = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const { view, place } = latest.current;
    const top = Math.round(topOf(view, place));
    if (Math.abs(element.scrollTop - top) >= 1) element.scrollTop = top;
    state.current.top = element.scrollTop;
  }, []);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    const now = state.current;
    if (!element || Math.abs(element.scrollTop - now.top) < 1) return;
    const { view, place, rows } = latest.current;
    const next = placeAfter(view, place, now.top, element.scrollTop);
    now.top = element.scrollTop;
    now.scrolledAt = performance.now();
    clearTimeout(now.timer);
    now.timer = setTimeout(sync, IDLE_MS);
    const isEnd = scrollRange(view) > 0 && isBeyond(next, lastPlace(view));
    setAnchor(isEnd ? "end" : { line: rows.line(next.row), offset: next.offset });
  }, [sync, setAnchor]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (state.current.width !== element.clientWidth) heights.clear();
      state.current.width = element.clientWidth;
      setHeight(element.clientHeight);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      clearTimeout(state.current.timer);
    };
  }, [heights]);

  useLayoutEffect(() => {
    const element = block.current;
    if (!element) return;
    if (isWrapped) {
      if (measure(element, heights)) setMeasured((times) => times + 1);
    } else if (wide.current && element.scrollWidth > wide.current.clientWidth) {
      wide.current.style.minWidth = `${element.scrollWidth}px`;
    }
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: another wrapping has other heights
  useLayoutEffect(() => {
    heights.clear();
    if (wide.current) wide.current.style.minWidth = "";
    setMeasured((times) => times + 1);
  }, [isWrapped]);

  useLayoutEffect(() => {
    if (performance.now() - state.current.scrolledAt > IDLE_MS || isAtEnd) sync();
  });

  const shown = useMemo(() => Array.from({ length: Math.max(to - from, 0) }, (_, index) => from + index), [from, to]);
  let above = 0;
  for (let row = from; row < place.row; row += 1) above += view.heightOf(row);
  const style: React.CSSProperties = isAtEnd ? { bottom: 0, minHeight: "100%" } : { top: -(place.offset + above) };
  return { scroller, block, wide, onScroll, shown, place, style, height, scrollHeight: scrollHeight(view) };
}

function placeOf(view: View, rows: RowMap, anchor: Anchor): Place {
  const last = lastPlace(view);
  if (anchor === "end" || rows.count === 0) return last;
  const row = rows.row(anchor.line);
  const isShown = rows.line(row) === anchor.line;
  const offset = isShown || anchor.offset < 0 ? anchor.offset : 0;
  const place = offset < 0 ? placeBack(view, row, -offset) : { row, offset };
  return isBeyond(place, last) ? last : place;
}

/** Notes the heights of the rows that are drawn. Whether one was not known. */
function measure(block: HTMLElement, heights: Map<number, number>): boolean {
  let isNew = false;
  if (heights.size > 20_000) heights.clear();
  for (const row of block.children) {
    const line = Number((row as HTMLElement).dataset["line"]);
    const height = (row as HTMLElement).offsetHeight;
    if (height > 0 && heights.get(line) !== height) {
      heights.set(line, height);
      isNew = true;
    }
  }
  return isNew;
}
