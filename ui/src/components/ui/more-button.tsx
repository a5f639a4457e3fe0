import { Button } from "./button";

interface Props {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  /** What comes: "Older". */
  children: React.ReactNode;
}

/** Reads the next page of a list; not there at its end. */
export function MoreButton({ query, children }: Props) {
  if (!query.hasNextPage) return null;
  return (
    <Button
      variant="quiet"
      className="mx-2 my-1 self-start"
      disabled={query.isFetchingNextPage}
      onClick={() => query.fetchNextPage()}
    >
      {children}
    </Button>
  );
}
