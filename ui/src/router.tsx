import { createRouter, parseSearchWith, stringifySearchWith } from "@tanstack/react-router";
import { queryClient } from "@/api/queryClient";
import { Page } from "@/components/frame/page";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { formatJson, parseJson } from "@/lib/json";
import { routeTree } from "./routeTree.gen";

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: () => (
    <Page title="Loading">
      <SkeletonRows rows={12} />
    </Page>
  ),
  defaultErrorComponent: ({ error, reset }) => (
    <Page title="Not shown">
      <ErrorState error={error} onRetry={reset} instead={{ label: "Go home", to: "/" }} />
    </Page>
  ),
  scrollRestoration: true,
  // Long numbers in the URL, such as those of an input, keep their digits.
  parseSearch: parseSearchWith(parseJson),
  stringifySearch: stringifySearchWith((value) => formatJson(value, 0), parseJson),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
