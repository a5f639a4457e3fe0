import type { ErrorComponentProps } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";
import { ErrorState } from "@/components/ui/error-state";

/** Stands in the place of a job that is not there or cannot be read. */
export function JobError({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="Job" crumbs={[{ label: "Jobs", to: "/jobs" }]}>
      <ErrorState error={error} what="The job" onRetry={reset} instead={{ label: "All jobs", to: "/jobs" }} />
    </Page>
  );
}
