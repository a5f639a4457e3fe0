import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/workspaces/$workspace/")({ component: WorkspacePage });

function WorkspacePage() {
  return <Page title="Workspace">{null}</Page>;
}
