import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/tasks/")({ component: TasksPage });

function TasksPage() {
  return <Page title="Tasks">{null}</Page>;
}
