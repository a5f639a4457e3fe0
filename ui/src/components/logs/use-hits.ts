import { useEffect, useRef, useState } from "react";
import type { LogSearch, LogSource } from "@/api/logs";
import { HitSearch, type Hits, NO_HITS } from "./hit-search";

/** The lines of a log with a match, from a line on; of a log that grows, new ones too. */
export function useHits(source: LogSource, search: LogSearch | null, total: number, most: number, from = 0): Hits {
  const key = search && JSON.stringify([source, search, most, from]);
  const [found, setFound] = useState({ key, hits: NO_HITS });
  const running = useRef<HitSearch | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is all of them but the length
  useEffect(() => {
    if (!search) return;
    const started = new HitSearch(source, search, from, most, (hits) => setFound({ key, hits }));
    running.current = started;
    return () => {
      running.current = null;
      started.close();
    };
  }, [key]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new search begins with the present length
  useEffect(() => running.current?.upTo(total), [key, total]);
  return found.key === key && key ? found.hits : NO_HITS;
}
