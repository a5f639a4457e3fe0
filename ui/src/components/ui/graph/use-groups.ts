import { useMemo, useState } from "react";

/** Graphs of more boxes open with their groups closed. */
export const OPEN_UP_TO = 60;

/** Which groups of a graph are open: a frame around what is in them instead of one box. */
export interface Groups {
  isOpen: (id: string) => boolean;
  toggle: (id: string) => void;
}

/** Groups that are opened and closed as long as the page is shown. `boxes` counts those of the graph with all open. */
export function useGroups(boxes: () => number): Groups {
  const [startsOpen] = useState(() => boxes() <= OPEN_UP_TO);
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  return useMemo(
    () => ({
      isOpen: (id) => startsOpen !== turned.has(id),
      toggle: (id) =>
        setTurned((before) => {
          const next = new Set(before);
          if (!next.delete(id)) next.add(id);
          return next;
        }),
    }),
    [startsOpen, turned],
  );
}
