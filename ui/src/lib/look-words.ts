import type { Schemas } from "@/api/client";
import { counted } from "./number";
import { shortRevision } from "./standing";

type Looked = Pick<
  Schemas["WorkspaceItem"],
  "name" | "release" | "problems" | "waiting" | "error" | "observed_revision" | "drift"
>;

/** What came of a look at the source of a workspace, whose current release was `before`. */
export function lookWords(workspace: Looked, before: number | null | undefined): string {
  return `${workspace.name}: ${outcome(workspace, before)}`;
}

function outcome({ release, problems, waiting, error, observed_revision, drift }: Looked, before?: number | null) {
  if (drift?.some(({ kind, release: to }) => kind === "suspended" || (kind === "pinned" && to)))
    return "git is not followed now";
  const mistakes = problems?.filter(({ severity }) => severity !== "warning").length ?? 0;
  if (mistakes) return `${counted(mistakes, "mistake")} in ${shortRevision(observed_revision)}`;
  if (waiting) return `${shortRevision(waiting.revision)} waits: ${waiting.message}`;
  if (release && release !== before) return `release ${release} is current`;
  return error ?? "nothing new";
}
