import { GitBranch } from "lucide-react";
import type { WorkspaceItem } from "@/api/workspaces";
import { type Act, verbsOf } from "@/lib/workspace-acts";
import type { Row } from "./row";

/** What can be done with the workspaces of rows; it is done in a dialog of the workspace's page. */
export function workspaceVerbs(
  rows: readonly Row[],
  workspaces: readonly WorkspaceItem[],
  open: (workspace: string, act: Act) => void,
): Row[] {
  return rows.flatMap(({ name, score }) => {
    const workspace = workspaces.find((one) => one.name === name);
    return (workspace ? verbsOf(workspace) : []).map(({ act, label }) => ({
      id: `${act}:${name}`,
      icon: <GitBranch size={15} />,
      name: `${label}${act === "resume" && label !== "Resume" ? " for" : ""} ${name}…`,
      score,
      isQuiet: true,
      run: () => open(name, act),
    }));
  });
}
