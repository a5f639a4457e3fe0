import type { Schemas } from "@/api/client";

const SOURCE: Record<string, string> = {
  api: "a request",
  user: "a person",
  hook: "a hook",
  webhook: "a webhook",
  rerun: "a re-run",
  restart: "a re-run in part",
  retry: "a retry",
  task: "another job",
};

/** Who or what started a job. */
export function starterOf({ started_by, source_type }: Pick<Schemas["JobItem"], "started_by" | "source_type">): string {
  return started_by ?? SOURCE[source_type] ?? source_type;
}
