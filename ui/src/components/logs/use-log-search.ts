import { useEffect, useMemo, useState } from "react";
import type { LogSearch, LogSource } from "@/api/logs";
import { firstFrom } from "./group-marks";
import { patternOf } from "./highlight";
import { useHits } from "./use-hits";

const TYPING_MS = 250;
const MOST = 50_000;

/** The search in a log: what is typed, its hits, and the one that is looked at. */
export function useLogSearch(source: LogSource, total: number, topLine: () => number, go: (line: number) => void) {
  const [typed, setTyped] = useState<LogSearch>({ q: "" });
  const [search, setSearch] = useState<LogSearch | null>(null);
  const [index, setIndex] = useState(-1);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSearch(typed.q ? typed : null);
      setIndex(-1);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const hits = useHits(source, search, total, MOST);
  const { lines } = hits;
  const select = (to: number) => {
    if (lines.length === 0) return;
    const next = (to + lines.length) % lines.length;
    setIndex(next);
    go(lines[next] ?? 0);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first hits are gone to once
  useEffect(() => {
    if (index < 0 && lines.length > 0) select(firstFrom(lines, topLine()) % lines.length);
  }, [lines, index]);
  const pattern = useMemo(() => patternOf(search), [search]);
  return {
    typed,
    setTyped,
    hits,
    index,
    pattern,
    current: lines[index],
    next: () => select(index + 1),
    previous: () => select(index - 1),
  };
}
