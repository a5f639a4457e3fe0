import { useState } from "react";

interface Options {
  buckets: number;
  rows: number;
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

/** The keys of the timeline: arrows move, Shift draws a span, Enter opens, Escape frees. */
export function useDayKeys({ buckets, rows, onSpan, onOpen, onClear }: Options) {
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const move = (event: React.KeyboardEvent, across: number, down: number) => {
    const at = cursor ?? { bucket: buckets, row: 0, anchor: null };
    const bucket = Math.min(Math.max(at.bucket + across, 0), buckets - 1);
    const anchor = event.shiftKey && across ? (at.anchor ?? Math.min(at.bucket, buckets - 1)) : null;
    setCursor({ bucket, row: Math.min(Math.max(at.row + down, 0), rows - 1), anchor });
    if (anchor !== null) onSpan(Math.min(anchor, bucket), Math.max(anchor, bucket));
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowLeft") move(event, -1, 0);
    else if (event.key === "ArrowRight") move(event, 1, 0);
    else if (event.key === "ArrowUp") move(event, 0, -1);
    else if (event.key === "ArrowDown") move(event, 0, 1);
    else if (event.key === "Escape") onClear();
    else if (event.key === "Enter" && cursor) {
      const first = Math.min(cursor.anchor ?? cursor.bucket, cursor.bucket);
      onOpen(first, Math.max(cursor.anchor ?? cursor.bucket, cursor.bucket), cursor.row);
    } else return;
    event.preventDefault();
  };
  return { cursor, handlers: { onKeyDown, onBlur: () => setCursor(null) } };
}
