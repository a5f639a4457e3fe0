import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/jobs/")({ component: JobsPage });

function JobsPage() {
  return <Page title="Jobs">{null}</Page>;
}
