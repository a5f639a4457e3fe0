import { useState } from "react";
import { store, stored } from "@/lib/storage";
import type { TimeMode } from "./line-time";

export interface LogPrefs {
  isWrapped: boolean;
  time: TimeMode;
}

/** How this browser shows logs. */
export function useLogPrefs(): [LogPrefs, (change: Partial<LogPrefs>) => void] {
  const [prefs, setPrefs] = useState(() => stored<LogPrefs>("log", { isWrapped: true, time: "offset" }));
  const change = (change: Partial<LogPrefs>) => {
    const next = { ...prefs, ...change };
    setPrefs(next);
    store("log", next);
  };
  return [prefs, change];
}
