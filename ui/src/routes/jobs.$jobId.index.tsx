import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { jobQuery } from "@/api/job";
import { JobError } from "@/components/job/job-error";
import { JobPage } from "@/components/job/job-page";
import { readJobSearch } from "@/components/job/search";
import { LogView } from "@/components/logs/log-view";
import { only } from "@/lib/search";

export const Route = createFileRoute("/jobs/$jobId/")({
  errorComponent: JobError,
  validateSearch: only(readJobSearch),
  loader: ({ context, params }) => context.queryClient.ensureQueryData(jobQuery(params.jobId)),
  component: JobRoute,
});

function JobRoute() {
  const { jobId } = Route.useParams();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data: job } = useSuspenseQuery(jobQuery(jobId));
  return (
    <JobPage
      key={jobId}
      job={job}
      search={search}
      onSearch={(next, isReplacing) => navigate({ search: next, replace: isReplacing })}
      onCompare={() => navigate({ to: "/jobs/$jobId/compare", params: { jobId } })}
      log={(log) => <LogView {...log} />}
    />
  );
}
