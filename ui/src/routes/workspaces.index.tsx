import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/workspaces/")({ component: WorkspacesPage });

function WorkspacesPage() {
  return <Page title="Workspaces">{null}</Page>;
}
