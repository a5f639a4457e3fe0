import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/queue")({ component: QueuePage });

function QueuePage() {
  return <Page title="Queue">{null}</Page>;
}
