import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { jobQuery, jobSummaryQuery } from "@/api/job";
import { JobPage } from "@/components/job/job-page";
import { readJobSearch } from "@/components/job/search";
import { LogView } from "@/components/logs/log-view";

export const Route = createFileRoute("/jobs/$jobId/")({
  validateSearch: readJobSearch,
  loader: async ({ context: { queryClient }, params }) => {
    const job = await queryClient.ensureQueryData(jobQuery(params.jobId));
    await queryClient.ensureQueryData(jobSummaryQuery(job));
  },
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
