import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/triggers/$workspace/$trigger")({ component: TriggerPage });

function TriggerPage() {
  return <Page title="Trigger">{null}</Page>;
}
