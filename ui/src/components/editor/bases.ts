import type { Base } from "@/api/files";
import { shortRevision } from "@/lib/standing";
import type { Draft } from "./draft";

export type Edited = Pick<Draft, "release" | "revision">;

/** The name of a revision in the API's paths. */
export function baseOf(edited: Edited): Base {
  return edited.release ?? "newest";
}

export function nameOf(edited: Edited): string {
  return edited.release === null ? `revision ${shortRevision(edited.revision)}` : `release ${edited.release}`;
}

/** Whether the source has moved on since the edit began. */
export function isOld(edited: Edited, latest: Edited): boolean {
  return edited.revision !== latest.revision;
}
