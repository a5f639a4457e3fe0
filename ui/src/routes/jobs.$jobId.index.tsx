import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/jobs/$jobId/")({ component: JobPage });

function JobPage() {
  return <Page title="Job">{null}</Page>;
}
