import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/plugins")({ component: PluginsPage });

function PluginsPage() {
  return <Page title="Plugins">{null}</Page>;
}
