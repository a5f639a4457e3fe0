import { EmptyState } from "@/components/ui/empty-state";

/** The place of the list on a server that has no job. */
export function NoJobs() {
  return (
    <EmptyState
      title="Jobs appear here once a task runs: by a trigger, a person or another job."
      commands={["stroem tasks", "stroem trigger main/hello"]}
    >
      Run a task from its page or by a command.
    </EmptyState>
  );
}
