import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/workers/")({ component: WorkersPage });

function WorkersPage() {
  return <Page title="Workers">{null}</Page>;
}
