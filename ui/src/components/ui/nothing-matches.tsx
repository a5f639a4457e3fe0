import { Button } from "./button";
import { EmptyState } from "./empty-state";

/** The place of a list of which no entry passes the filters. */
export function NothingMatches({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState title="Nothing matches the filters.">
      <Button onClick={onClear}>Clear</Button>
    </EmptyState>
  );
}
