import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { type Job, jobQuery } from "@/api/job";
import { jobsQuery } from "@/api/jobs";
import { Page } from "@/components/frame/page";
import { Comparison } from "@/components/job/compare";
import { JobError } from "@/components/job/job-error";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { Select } from "@/components/ui/select";
import { SkeletonRows } from "@/components/ui/skeleton";
import { stateOf, wordOf } from "@/components/ui/state-glyph";
import { only, readTexts } from "@/lib/search";
import { clockTime } from "@/lib/time";

export const Route = createFileRoute("/jobs/$jobId/compare")({
  errorComponent: JobError,
  validateSearch: only((raw): { other?: string } => readTexts(raw, ["other"])),
  loader: ({ context, params }) => context.queryClient.ensureQueryData(jobQuery(params.jobId)),
  component: ComparePage,
});

const MOST_CHOICES = 50;

/** A job beside another one of its task: by default the newest other one. */
function ComparePage() {
  const { jobId } = Route.useParams();
  const { other: named } = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data: job } = useSuspenseQuery(jobQuery(jobId));
  const { data: jobs } = useQuery(jobsQuery({ workspace: job.workspace, task_name: job.task_name }, MOST_CHOICES));
  const choices = (jobs?.items ?? []).filter((item) => item.job_id !== jobId);
  const before = choices.find((item) => item.created_at < job.created_at) ?? choices[0];
  const otherId = named ?? before?.job_id;
  const other = useQuery({ ...jobQuery(otherId ?? ""), enabled: otherId !== undefined });
  const options = choices.map((item) => ({
    value: item.job_id,
    label: `${item.job_id.slice(0, 8)}, ${wordOf(stateOf(item.status)).toLowerCase()}, ${clockTime(item.created_at)}`,
  }));
  if (named && !options.some((option) => option.value === named))
    options.unshift({ value: named, label: named.slice(0, 8) });
  return (
    <Page
      crumbs={[
        { label: "Jobs", to: "/jobs" },
        { label: `${job.task_name} ${jobId.slice(0, 8)}`, to: `/jobs/${jobId}` },
      ]}
      title="Compare"
      actions={
        options.length > 0 && (
          <Select
            aria-label="The other job"
            className="w-72 max-sm:w-44"
            value={otherId ?? ""}
            onChange={(id) => navigate({ search: { other: id }, replace: true })}
            options={options}
          />
        )
      }
    >
      {other.data && <Comparison {...inOrder(job, other.data)} />}
      {other.error && <ErrorState error={other.error} what="The other job" onRetry={other.refetch} />}
      {!otherId && jobs && <EmptyState title="There is no other job of this task to compare with." />}
      {otherId && other.isPending && <SkeletonRows rows={12} height={28} />}
    </Page>
  );
}

/** The earlier one stands at the left. */
function inOrder(one: Job, other: Job): { left: Job; right: Job } {
  return one.created_at <= other.created_at ? { left: one, right: other } : { left: other, right: one };
}
