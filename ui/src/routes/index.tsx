import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/frame/page";

export const Route = createFileRoute("/")({ component: HomePage });

function HomePage() {
  return <Page title="Home">{null}</Page>;
}
