import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/events")({ component: EventsPage });

function EventsPage() {
  return <Page title="Events">{null}</Page>;
}
