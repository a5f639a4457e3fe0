import type { Schemas } from "@/api/client";
import type { EditProblem } from "@/api/edit";
import { ErrorState } from "@/components/ui/error-state";
import { PlanView } from "@/components/ui/plan-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { MistakesList } from "./mistakes-list";
import { PatchPane } from "./patch-pane";
import type { Pane } from "./search";
import type { Editor } from "./use-editor";

interface Props {
  editor: Editor;
  workspace: Schemas["WorkspaceItem"];
  pane: Pane;
  patchName: string;
  onOpen: (problem: EditProblem) => void;
}

/** What the server finds in the edit: its mistakes, its plan or its patch. */
export function CheckPanes({ editor, workspace, pane, patchName, onOpen }: Props) {
  const { check, error, retry } = editor.checked;
  if (error) return <ErrorState error={error} what="The check" onRetry={() => retry()} />;
  if (!check)
    return editor.hasMoved ? (
      <p className="px-4 py-6 text-text-2">Move your edits to see the check again.</p>
    ) : (
      <SkeletonRows />
    );
  if (pane === "plan") return <PlanView plan={check.plan} to="this edit" />;
  if (pane === "patch") return <PatchPane check={check} workspace={workspace} name={patchName} />;
  return <MistakesList check={check} onOpen={onOpen} />;
}
