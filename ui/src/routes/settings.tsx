import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/settings")({ component: SettingsPage });

function SettingsPage() {
  return <Page title="Settings">{null}</Page>;
}
