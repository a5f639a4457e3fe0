import { MutationCache, QueryClient } from "@tanstack/react-query";
import { showToast } from "@/components/ui/toast";
import { ApiError, messageOf } from "./error";

const RETRIES = 2;

function isWorthRetrying(failures: number, error: Error): boolean {
  const status = error instanceof ApiError ? error.status : 0;
  return failures < RETRIES && (status === 0 || status >= 500);
}

/** The one cache of what the server said. Live notices, not times, tell what is stale. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 30_000, gcTime: 300_000, retry: isWorthRetrying, refetchOnWindowFocus: true },
  },
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      if (!mutation.meta?.["showsError"]) showToast({ tone: "failed", text: messageOf(error) });
    },
  }),
});
