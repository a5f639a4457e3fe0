import type { Schemas } from "@/api/client";
import { followOverride, followVerb } from "./standing";

export const ACTS = ["pin", "suspend", "resume", "rollback", "approve", "drop"] as const;
/** Something that a person does with a workspace in a dialog, which the URL names. */
export type Act = (typeof ACTS)[number];

export interface Verb {
  act: Act;
  /** The key on the page of the workspace. */
  key: string;
  label: string;
}

type Workspace = Pick<Schemas["WorkspaceItem"], "ref" | "release" | "waiting" | "drift">;

/** What can be done with a workspace as it stands. */
export function verbsOf(workspace: Workspace): Verb[] {
  const override = followOverride(workspace);
  const verbs: (Verb | false)[] = [
    !!workspace.ref && { act: "pin", key: "p", label: "Pin" },
    override
      ? { act: "resume", key: "s", label: followVerb(override) }
      : { act: "suspend", key: "s", label: "Suspend" },
    !!workspace.release && { act: "rollback", key: "b", label: "Roll back" },
    !!workspace.waiting && { act: "approve", key: "a", label: "Review plan" },
  ];
  return verbs.filter((verb): verb is Verb => verb !== false);
}
