import { useState } from "react";

interface Options {
  buckets: number;
  rows: number;
  /** Whether a span is told while it is drawn, or only when Enter is pressed. */
  isDrawnAtOnce?: boolean;
  onSpan: (first: number, last: number) => void;
  onOpen: (first: number, last: number, row: number) => void;
  onClear: () => void;
}

interface Cursor {
  bucket: number;
  row: number;
  /** Where a span began that is drawn with Shift. */
  anchor: number | null;
}

/** The keys of parts in rows over which spans are drawn: arrows move, Shift draws, Enter opens, Escape frees. */
export function useBrushKeys({ buckets, rows, isDrawnAtOnce = true, onSpan, onOpen, onClear }: Options) {
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const move = (event: React.KeyboardEvent, across: number, down: number) => {
    const at = cursor ?? { bucket: buckets, row: 0, anchor: null };
    const bucket = Math.min(Math.max(at.bucket + across, 0), buckets - 1);
    const anchor = event.shiftKey && across ? (at.anchor ?? Math.min(at.bucket, buckets - 1)) : null;
    setCursor({ bucket, row: Math.min(Math.max(at.row + down, 0), rows - 1), anchor });
    if (anchor !== null && isDrawnAtOnce) onSpan(Math.min(anchor, bucket), Math.max(anchor, bucket));
  };
  const drawn =
    cursor &&
    ([
      Math.min(cursor.anchor ?? cursor.bucket, cursor.bucket),
      Math.max(cursor.anchor ?? cursor.bucket, cursor.bucket),
    ] as const);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowLeft") move(event, -1, 0);
    else if (event.key === "ArrowRight") move(event, 1, 0);
    else if (event.key === "ArrowUp") move(event, 0, -1);
    else if (event.key === "ArrowDown") move(event, 0, 1);
    else if (event.key === "Escape") onClear();
    else if (event.key === "Enter" && cursor && drawn) onOpen(...drawn, cursor.row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { cursor, drawn, handlers: { onKeyDown, onBlur: () => setCursor(null) } };
}
