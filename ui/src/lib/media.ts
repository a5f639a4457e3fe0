import { useSyncExternalStore } from "react";

/** Whether a media query holds, live. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => matchMedia(query).matches,
  );
}

/** One column: telephones, and any screen at 200 %. */
export const NARROW = "(max-width: 720px)";
/** No room for a second pane. */
export const MEDIUM = "(max-width: 1200px)";
