import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";
import { readSearch } from "@/components/task/search";

export const Route = createFileRoute("/tasks/$workspace/$")({ component: TaskPage, validateSearch: readSearch });

function TaskPage() {
  return <Page title="Task">{null}</Page>;
}
