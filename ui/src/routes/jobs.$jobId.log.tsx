import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { jobQuery } from "@/api/job";
import { Page } from "@/components/frame/page";
import { JobError } from "@/components/job/job-error";
import { attemptsOf } from "@/components/job/rows";
import { type JobSearch, readJobSearch } from "@/components/job/search";
import { LogView } from "@/components/logs/log-view";
import { only } from "@/lib/search";

export const Route = createFileRoute("/jobs/$jobId/log")({
  errorComponent: JobError,
  validateSearch: only((raw): Omit<JobSearch, "tab"> => {
    const { tab: _, ...search } = readJobSearch(raw);
    return search;
  }),
  loader: ({ context, params }) => context.queryClient.ensureQueryData(jobQuery(params.jobId)),
  component: LogPage,
});

/** The log of a step, or of the whole job, on a page of its own. */
function LogPage() {
  const { jobId } = Route.useParams();
  const { step: path, attempt } = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data: job } = useSuspenseQuery(jobQuery(jobId));
  const step = job.steps.find((one) => one.step_name === path);
  return (
    <Page
      crumbs={[
        { label: "Jobs", to: "/jobs" },
        { label: job.workspace, to: `/workspaces/${job.workspace}` },
        { label: `${job.task_name} ${jobId.slice(0, 8)}`, to: `/jobs/${jobId}` },
      ]}
      title={path ?? "Log"}
      tab={`${path ?? "Log"} ${job.task_name}`}
      className="overflow-hidden"
    >
      <LogView
        jobId={step?.kept_from_job_id ?? jobId}
        step={path ?? null}
        attempt={attempt}
        attempts={step ? attemptsOf({ step }) : 1}
        status={step?.status ?? job.status}
        onAttempt={(next) => navigate({ search: { step: path, attempt: next }, replace: true })}
        isPage
      />
    </Page>
  );
}
