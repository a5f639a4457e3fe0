import { useEffect } from "react";
import type { State } from "@/components/ui/state-glyph";
import { faviconOf } from "./job-state";

/** Shows a state in the browser's tab while the component is mounted. */
export function useFavicon(state: State): void {
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>("link#favicon");
    if (!link) return;
    const before = "/favicon.svg";
    link.href = faviconOf(state);
    return () => {
      link.href = before;
    };
  }, [state]);
}
