import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";

/**
 * A request that changes something, after which the queries below the keys of `stale` are read anew. Its error is
 * shown by the component that asked for it; without `showsError` in a toast.
 */
export function useChange<Variables, Data>(
  change: (variables: Variables) => Promise<Data>,
  stale: readonly QueryKey[],
  showsError = true,
) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta: { showsError },
    onSettled: () => {
      for (const queryKey of stale) cache.invalidateQueries({ queryKey });
    },
  });
}
