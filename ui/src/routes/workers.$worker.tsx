import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/workers/$worker")({ component: WorkerPage });

function WorkerPage() {
  return <Page title="Worker">{null}</Page>;
}
