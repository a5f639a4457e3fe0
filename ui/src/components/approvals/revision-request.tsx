import { Link } from "@tanstack/react-router";
import { useWorkspaceAct } from "@/api/workspace";
import type { WorkspaceItem } from "@/api/workspaces";
import { Button } from "@/components/ui/button";
import { ErrorLine } from "@/components/ui/error-line";
import { TaskPath } from "@/components/ui/task-path";
import { RelativeTime } from "@/components/ui/time";
import { showToast } from "@/components/ui/toast";
import { visibleText } from "@/lib/json";
import { personName } from "@/lib/person";
import { shortRevision } from "@/lib/standing";
import { Request } from "./request";

interface Props {
  workspace: WorkspaceItem;
  isOpen: boolean;
  onToggle: () => void;
}

/** A revision that a guard holds back until a person approves it. */
export function RevisionRequest({ workspace, isOpen, onToggle }: Props) {
  const approve = useWorkspaceAct(workspace.name, "approve");
  const { waiting, commit } = workspace;
  if (!waiting) return null;
  const short = shortRevision(waiting.revision);
  const press = () =>
    approve.mutate(
      { manifest: waiting.manifest },
      { onSuccess: () => showToast({ text: `Revision ${short} of ${workspace.name} approved` }) },
    );
  return (
    <Request
      name={workspace.name}
      isOpen={isOpen}
      onToggle={onToggle}
      title={<TaskPath workspace={workspace.name} task={`release ${workspace.release ?? "none"} → ${short}`} />}
      words={commit?.message ? `“${visibleText(commit.message)}” by ${personName(commit.author)}` : waiting.message}
      times={<RelativeTime at={waiting.since} />}
    >
      <div className="flex max-w-[640px] flex-col gap-4">
        <p>{waiting.message}</p>
        <p className="text-text-2">
          An approval is for these files only: when the source moves on, its newer revision waits again.
        </p>
        <ErrorLine error={approve.error} />
        <div className="flex items-center gap-2">
          <Button variant="primary" onClick={press} disabled={approve.isPending}>
            Approve {short}
          </Button>
          <Button asChild>
            <Link to="/workspaces/$workspace" params={{ workspace: workspace.name }}>
              Review plan
            </Link>
          </Button>
        </div>
      </div>
    </Request>
  );
}
