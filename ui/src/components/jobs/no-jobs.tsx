import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";

/** The place of the list when it has no job. */
export function NoJobs({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered)
    return (
      <EmptyState title="Nothing matches the filters.">
        <Button onClick={onClear}>Clear</Button>
      </EmptyState>
    );
  return (
    <EmptyState
      title="Jobs appear here once a task runs: by a trigger, a person or another job."
      commands={["stroem tasks", "stroem trigger main/hello"]}
    >
      Run a task from its page or by a command.
    </EmptyState>
  );
}
