import type { LogSearch } from "@/api/logs";

const MOST_PATTERN_CHARACTERS = 2000;

/** A pattern that finds the matches of a search in a line that is shown; null for one that only the server knows. */
export function patternOf(search: LogSearch | null): RegExp | null {
  if (!search?.q) return null;
  const text = search.regex ? search.q : search.q.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  try {
    return new RegExp(text, search.case ? "gu" : "giu");
  } catch {
    return null;
  }
}

/** Where in a line the matches are: starts and ends in turn. */
export function matchesIn(plain: string, pattern: RegExp | null): number[] {
  if (!pattern) return [];
  const bounds: number[] = [];
  for (const match of plain.slice(0, MOST_PATTERN_CHARACTERS).matchAll(pattern)) {
    if (match[0]) bounds.push(match.index, match.index + match[0].length);
  }
  return bounds;
}

/** A text cut where matches begin and end. `start` is its place in the line. */
export function pieces(text: string, start: number, bounds: readonly number[]): { text: string; isHit: boolean }[] {
  const found: { text: string; isHit: boolean }[] = [];
  let at = 0;
  const push = (to: number, isHit: boolean) => {
    if (to > at) found.push({ text: text.slice(at, to), isHit });
    at = Math.max(at, to);
  };
  for (let index = 0; index < bounds.length; index += 2) {
    const [from, to] = [(bounds[index] ?? 0) - start, (bounds[index + 1] ?? 0) - start];
    if (to <= 0) continue;
    if (from >= text.length) break;
    push(Math.max(from, 0), false);
    push(Math.min(to, text.length), true);
  }
  push(text.length, false);
  return found;
}
