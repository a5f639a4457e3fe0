import { useRef, useState } from "react";

interface Options {
  buckets: number;
  /** A span was drawn, of the parts `first` to `last`. */
  onSpan: (first: number, last: number) => void;
  /** A place was pressed: its part, and how far below the top in pixels. */
  onPress: (bucket: number, y: number) => void;
}

const SLOP = 4;

/** Draws spans over something divided in parts, by the pointer. */
export function useBrush({ buckets, onSpan, onPress }: Options) {
  const start = useRef<{ bucket: number; x: number } | null>(null);
  const [drawn, setDrawn] = useState<readonly [number, number] | null>(null);
  const bucketOf = (event: React.PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return Math.min(Math.max(Math.floor(share * buckets), 0), buckets - 1);
  };
  const spanTo = (bucket: number): readonly [number, number] => {
    const from = start.current?.bucket ?? bucket;
    return [Math.min(from, bucket), Math.max(from, bucket)];
  };
  const handlers = {
    onPointerDown: (event: React.PointerEvent) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      start.current = { bucket: bucketOf(event), x: event.clientX };
    },
    onPointerMove: (event: React.PointerEvent) => {
      if (!start.current || (!drawn && Math.abs(event.clientX - start.current.x) < SLOP)) return;
      setDrawn(spanTo(bucketOf(event)));
    },
    onPointerUp: (event: React.PointerEvent) => {
      if (!start.current) return;
      const bucket = bucketOf(event);
      if (drawn) onSpan(...spanTo(bucket));
      else onPress(bucket, event.clientY - event.currentTarget.getBoundingClientRect().top);
      start.current = null;
      setDrawn(null);
    },
    onPointerCancel: () => {
      start.current = null;
      setDrawn(null);
    },
  };
  return { drawn, handlers };
}
