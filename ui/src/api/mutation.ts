import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";

/**
 * A request that changes something, after which the queries below the keys of `stale` are read anew. Its error is
 * shown by the component that asked for it; without `showsError` in a toast. While it is under way it is not
 * sent again, however quickly somebody presses twice.
 */
export function useChange<Variables, Data>(
  change: (variables: Variables) => Promise<Data>,
  stale: readonly QueryKey[],
  showsError = true,
) {
  const cache = useQueryClient();
  const isUnderWay = useRef(false);
  const mutation = useMutation({
    mutationFn: change,
    meta: { showsError },
    onSettled: () => {
      isUnderWay.current = false;
      for (const queryKey of stale) cache.invalidateQueries({ queryKey });
    },
  });
  const begin = () => {
    const begins = !isUnderWay.current;
    isUnderWay.current = true;
    return begins;
  };
  const mutate: typeof mutation.mutate = (...given) => {
    if (begin()) mutation.mutate(...given);
  };
  const mutateAsync: typeof mutation.mutateAsync = (...given) =>
    begin() ? mutation.mutateAsync(...given) : Promise.reject(new Error("This is already under way."));
  const reset = () => {
    isUnderWay.current = false;
    mutation.reset();
  };
  return { ...mutation, mutate, mutateAsync, reset };
}
