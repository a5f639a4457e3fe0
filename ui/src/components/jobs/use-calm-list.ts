import { useEffect, useRef, useState } from "react";
import type { JobItem } from "@/api/jobs";

interface Calm {
  rows: JobItem[];
  /** Rows that came since, kept back until they are let in. */
  newer: number;
  letIn: () => void;
}

/**
 * Keeps a live list still: rows change in their place, and new ones wait until they are let in, unless the list is at
 * its top and the pointer outside (`isFree`). `key` tells lists apart: another list is shown as it comes.
 */
export function useCalmList(all: JobItem[], key: string, isFree: () => boolean): Calm {
  const [top, setTop] = useState<{ key: string; id: string | undefined }>({ key, id: all[0]?.job_id });
  const free = useRef(isFree);
  free.current = isFree;
  const first = all[0]?.job_id;
  useEffect(() => {
    setTop((current) => (current.key !== key || !current.id || free.current() ? { key, id: first } : current));
  }, [first, key]);
  const index = top.key === key ? all.findIndex((job) => job.job_id === top.id) : 0;
  const newer = Math.max(index, 0);
  return { rows: newer ? all.slice(newer) : all, newer, letIn: () => setTop({ key, id: first }) };
}
