import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/triggers/")({ component: TriggersPage });

function TriggersPage() {
  return <Page title="Triggers">{null}</Page>;
}
