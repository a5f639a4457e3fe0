import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/tasks/$workspace/$")({ component: TaskPage });

function TaskPage() {
  return <Page title="Task">{null}</Page>;
}
