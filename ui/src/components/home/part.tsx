import type { UseQueryResult } from "@tanstack/react-query";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";

interface Props<Data> {
  query: UseQueryResult<Data>;
  /** What is shown, as the subject of a sentence. */
  what: string;
  /** Rows of the skeleton. */
  rows: number;
  children: (data: Data) => React.ReactNode;
}

/** A part of Home that loads, and fails, for itself. */
export function Part<Data>({ query, what, rows, children }: Props<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorState error={query.error} what={what} onRetry={() => query.refetch()} />;
  return <SkeletonRows rows={rows} height={28} />;
}
