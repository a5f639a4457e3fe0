import { createRouter, type ErrorComponentProps, parseSearchWith, stringifySearchWith } from "@tanstack/react-router";
import { queryClient } from "@/api/queryClient";
import { Page } from "@/components/frame/page";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { formatJson, parseJson } from "@/lib/json";
import { liveState } from "@/live/state";
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
  defaultErrorComponent: NotShown,
  scrollRestoration: true,
  // Long numbers in the URL, such as those of an input, keep their digits.
  parseSearch: parseSearchWith(parseJson),
  stringifySearch: stringifySearchWith((value) => formatJson(value, 0), parseJson),
});

function NotShown({ error, reset }: ErrorComponentProps) {
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title="Not shown">
      <ErrorState error={error} onRetry={retry} instead={{ label: "Go home", to: "/" }} />
    </Page>
  );
}

// A part of the program that is not there any more reloads the page. While the server does not answer, that would lose it.
window.addEventListener("vite:preloadError", (event) => {
  if (!navigator.onLine || liveState().lostAt) event.payload.message = "The server does not answer.";
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
