import { createFileRoute, redirect } from "@tanstack/react-router";
import { wholeJobId } from "@/api/job";
import { JobError } from "@/components/job/job-error";

/** The pages of a job. The beginning of an id leads to the job that it means. */
export const Route = createFileRoute("/jobs/$jobId")({
  errorComponent: JobError,
  beforeLoad: async ({ params: { jobId }, location }) => {
    const whole = await wholeJobId(jobId);
    if (whole !== jobId) throw redirect({ href: location.href.replace(jobId, whole), replace: true });
  },
});
