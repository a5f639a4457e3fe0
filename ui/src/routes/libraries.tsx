import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/libraries")({ component: LibrariesPage });

function LibrariesPage() {
  return <Page title="Libraries">{null}</Page>;
}
