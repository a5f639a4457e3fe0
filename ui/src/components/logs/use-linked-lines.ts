import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { LogSource } from "@/api/logs";
import { readLines, writeLines } from "./line-range";
import type { Span } from "./row-map";

/** The lines that the URL links to, and a way to link to others. */
export function useLinkedLines(source: LogSource): [Span | null, (span: Span | null) => void] {
  const search: { line?: unknown } = useSearch({ strict: false });
  const navigate = useNavigate();
  const text = search.line === undefined ? undefined : String(search.line);
  const linked = useMemo(() => readLines(text), [text]);
  const link = useCallback(
    (span: Span | null) => {
      const text = span ? writeLines(span) : "";
      const line = text.includes("-") ? text : Number(text) || undefined;
      const place = span ? { step: source.step ?? undefined, attempt: source.attempt, line } : { line };
      const change = (before: object) => ({ ...before, ...place });
      navigate({ to: ".", search: change as never, replace: true, resetScroll: false });
    },
    [navigate, source],
  );
  return [linked, link];
}
