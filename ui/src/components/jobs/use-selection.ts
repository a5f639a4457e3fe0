import { useCallback, useMemo, useRef, useState } from "react";

export interface Selection {
  ids: string[];
  size: number;
  has: (id: string) => boolean;
  /** Selects or frees one; with `isRange` all between it and the one before. */
  toggle: (id: string, isRange: boolean) => void;
  clear: () => void;
}

/** The selected rows of a list whose order is `order`. */
export function useSelection(order: readonly string[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string | undefined>(undefined);
  const latest = useRef(order);
  latest.current = order;
  const toggle = useCallback((id: string, isRange: boolean) => {
    setIds((before) => {
      const next = new Set(before);
      const from = last.current ? latest.current.indexOf(last.current) : -1;
      const to = latest.current.indexOf(id);
      if (isRange && from >= 0 && to >= 0) {
        for (const one of latest.current.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(one);
      } else if (!next.delete(id)) next.add(id);
      last.current = id;
      return next;
    });
  }, []);
  const clear = useCallback(() => setIds(new Set()), []);
  return useMemo(
    () => ({ ids: [...ids], size: ids.size, has: (id: string) => ids.has(id), toggle, clear }),
    [ids, toggle, clear],
  );
}
