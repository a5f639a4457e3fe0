import { useState } from "react";
import { isObject } from "@/lib/json";
import { store, stored } from "@/lib/storage";
import { TIME_MODES, type TimeMode } from "./line-time";

export interface LogPrefs {
  isWrapped: boolean;
  time: TimeMode;
}

function isPrefs(value: unknown): value is LogPrefs {
  return (
    isObject(value) && typeof value["isWrapped"] === "boolean" && TIME_MODES.some((mode) => mode === value["time"])
  );
}

/** How this browser shows logs. */
export function useLogPrefs(): [LogPrefs, (change: Partial<LogPrefs>) => void] {
  const [prefs, setPrefs] = useState(() => stored<LogPrefs>("log", isPrefs, { isWrapped: true, time: "offset" }));
  const change = (change: Partial<LogPrefs>) => {
    const next = { ...prefs, ...change };
    setPrefs(next);
    store("log", next);
  };
  return [prefs, change];
}
