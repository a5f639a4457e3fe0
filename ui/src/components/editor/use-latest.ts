import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { Schemas } from "@/api/client";
import { filesQuery } from "@/api/files";
import type { Edited } from "./bases";

/**
 * What an edit begins with: the revision last seen at the source, whether it became a release or not, or the current
 * release if that has the same files or is all that is kept. Null while nothing is known, or if there is nothing.
 */
export function useLatest(name: string, workspace: Schemas["WorkspaceItem"] | undefined) {
  const last = useRef<Edited | null>(null);
  const { release, revision, observed_revision: seen } = workspace ?? {};
  const isAhead = !!seen && seen !== revision;
  const newest = useQuery({ ...filesQuery(name, "newest"), enabled: isAhead });
  if (isAhead && newest.data) last.current = { release: newest.data.release, revision: newest.data.revision };
  else if (!isAhead || newest.error) last.current = release != null && revision ? { release, revision } : null;
  return { latest: last.current, isPending: !workspace || (isAhead && newest.isPending) };
}
