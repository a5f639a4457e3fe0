import type { LibraryItem } from "@/api/libraries";
import { type State, StateGlyph } from "./state-glyph";

type Shown = Pick<LibraryItem, "error" | "failures">;

/** The state of a library as a glyph: its last revision is in use, is tried again, or has mistakes. */
export function LibraryGlyph({ library, className }: { library: Shown; className?: string }) {
  const { state, words } = libraryState(library);
  return <StateGlyph state={state} label={words} className={className} />;
}

/** The state of a library with its words. */
export function libraryState({ error, failures }: Shown): { state: State; words: string } {
  if (!error) return { state: "completed", words: "In step" };
  return failures
    ? { state: "waiting", words: "Cannot be fetched, is tried again" }
    : { state: "failed", words: "Has mistakes" };
}

/** What a library follows: `v1.4`, or `main, which moves`. */
export function refWords({ ref, floats }: { ref?: string | null; floats?: boolean }): string {
  if (!ref) return floats ? "as it is now" : "–";
  return floats ? `${ref}, which moves` : ref;
}
