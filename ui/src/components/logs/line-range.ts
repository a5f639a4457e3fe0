import type { Span } from "./row-map";

/** Reads `459` or `459-463` of a URL: numbers from 1. The span counts from 0. */
export function readLines(text: string | undefined): Span | null {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text ?? "");
  if (!match) return null;
  const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
  if (from < 1 || to < 1) return null;
  return { first: Math.min(from, to) - 1, last: Math.max(from, to) - 1 };
}

/** Writes a span as in a URL. */
export function writeLines({ first, last }: Span): string {
  return first === last ? String(first + 1) : `${first + 1}-${last + 1}`;
}
