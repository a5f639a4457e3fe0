import { useCallback, useEffect, useRef, useState } from "react";
import type { LogSummary } from "@/api/logs";
import type { LogModel } from "./log-model";
import type { RowMap, Span } from "./row-map";
import type { Anchor } from "./use-window";

interface Options {
  model: LogModel;
  rows: RowMap;
  isLive: boolean;
  isFailed: boolean;
  linked: Span | null;
  summary: LogSummary | undefined;
}

/** Pixels above a line that is gone to, so that what came before it is seen. */
const BEFORE_PX = 126;
const START: Anchor = { line: 0, offset: 0 };

/** Where in the log the view is: at linked lines, at the first error of a step that failed, at the end while it runs, and then where it is scrolled to. */
export function useWhere({ model, rows, isLive, isFailed, linked, summary }: Options) {
  const [anchor, put] = useState<Anchor>(() => (linked ? before(linked.first) : isLive ? "end" : START));
  const [left, setLeft] = useState(0);
  const isUntouched = useRef(!linked && !isLive && isFailed);
  const setAnchor = useCallback(
    (next: Anchor) => {
      isUntouched.current = false;
      put((now) => {
        if (now === "end" && next !== "end") setLeft(model.total);
        return next;
      });
    },
    [model],
  );
  useEffect(() => {
    if (!isUntouched.current || !summary) return;
    if (summary.first_error === null && summary.scanned < summary.lines) return;
    const line = summary.first_error ?? summary.first_stderr;
    setAnchor(line === null ? "end" : before(line));
  }, [summary, setAnchor]);

  const topLine = () => (anchor === "end" ? rows.line(Math.max(rows.count - 1, 0)) : anchor.line);
  const isFollowing = isLive && anchor === "end";
  return {
    anchor,
    setAnchor,
    isFollowing,
    fresh: anchor === "end" ? 0 : model.total - left,
    topLine,
    goLine: (line: number) => setAnchor(before(line)),
    goStart: () => setAnchor(START),
    goEnd: () => setAnchor("end"),
    toggleFollow: () => setAnchor(isFollowing ? { line: topLine(), offset: -BEFORE_PX * 2 } : "end"),
  };
}

function before(line: number): Anchor {
  return { line, offset: -BEFORE_PX };
}
