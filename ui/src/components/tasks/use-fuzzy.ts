import type FuseClass from "fuse.js";
import { useEffect, useMemo, useState } from "react";
import type { TaskRow } from "./rows";

/** The rows that resemble the words, the best first; all without words. Null until the search is loaded. */
export function useFuzzy(rows: readonly TaskRow[], words: string | undefined): readonly TaskRow[] | null {
  const [Fuse, setFuse] = useState<{ of: typeof FuseClass }>();
  const isAsked = !!words;
  useEffect(() => {
    if (isAsked) import("fuse.js").then((loaded) => setFuse({ of: loaded.default }));
  }, [isAsked]);
  const index = useMemo(
    () =>
      Fuse &&
      new Fuse.of(rows, {
        keys: [
          { name: "path", weight: 3 },
          { name: "workspace", weight: 1 },
          { name: "key", weight: 1 },
          { name: "remark", weight: 1 },
        ],
        threshold: 0.3,
        ignoreLocation: true,
        useTokenSearch: true,
      }),
    [Fuse, rows],
  );
  return useMemo(() => {
    if (!words) return rows;
    if (!index) return null;
    return index.search(words).map(({ item }) => item);
  }, [rows, words, index]);
}
