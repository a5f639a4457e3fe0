import type { Draft, EditedFile } from "./draft";
import { mergeTexts } from "./merge";

/** An edited file against its text in a newer revision (null where there is no such file). */
export interface MovedFile extends EditedFile {
  path: string;
  theirs: string | null;
  /** `same`: nobody else changed it; `there`: the edit is there already; `merged`: both edits fit; `conflict`: they do not. */
  state: "same" | "there" | "merged" | "conflict";
  /** The text with both edits; in a conflict that of the edit. */
  result: string | null;
}

export function movedFile(path: string, { base, text }: EditedFile, theirs: string | null): MovedFile {
  const moved = { path, base, text, theirs, result: text };
  if (theirs === text) return { ...moved, state: "there" };
  if (theirs === base) return { ...moved, state: "same" };
  const merged = base !== null && text !== null && theirs !== null ? mergeTexts(base, text, theirs) : null;
  return merged === null ? { ...moved, state: "conflict" } : { ...moved, state: "merged", result: merged };
}

/** The draft upon the newer revision; `theirs` are the paths of conflicts in which the newer text is taken. */
export function movedDraft(
  to: Pick<Draft, "release" | "revision">,
  files: readonly MovedFile[],
  theirs: ReadonlySet<string>,
): Draft {
  const kept = files
    .map((file) => ({ ...file, result: theirs.has(file.path) ? file.theirs : file.result }))
    .filter((file) => file.result !== file.theirs);
  return {
    release: to.release,
    revision: to.revision,
    files: Object.fromEntries(kept.map(({ path, theirs, result }) => [path, { base: theirs, text: result }])),
  };
}
