import { Link } from "@tanstack/react-router";
import { useApproveRevision } from "@/api/approvals";
import { messageOf } from "@/api/error";
import type { Workspace } from "@/api/home";
import { Button } from "@/components/ui/button";
import { TaskPath } from "@/components/ui/task-path";
import { RelativeTime } from "@/components/ui/time";
import { showToast } from "@/components/ui/toast";
import { Request } from "./request";

interface Props {
  workspace: Workspace;
  isOpen: boolean;
  onToggle: () => void;
}

/** A revision that a guard holds back until a person approves it. */
export function RevisionRequest({ workspace, isOpen, onToggle }: Props) {
  const approve = useApproveRevision(workspace.name);
  const { waiting, commit } = workspace;
  if (!waiting) return null;
  const short = waiting.revision.slice(0, 7);
  const press = () =>
    approve.mutate(waiting.manifest, {
      onSuccess: () => showToast({ text: `Revision ${short} of ${workspace.name} approved` }),
    });
  return (
    <Request
      name={workspace.name}
      isOpen={isOpen}
      onToggle={onToggle}
      title={<TaskPath workspace={workspace.name} task={`release ${workspace.release ?? "none"} → ${short}`} />}
      words={commit?.message ? `“${commit.message}” by ${commit.author?.split(" <")[0]}` : waiting.message}
      times={<RelativeTime at={waiting.since} />}
    >
      <div className="flex max-w-[640px] flex-col gap-4">
        <p>{waiting.message}</p>
        <p className="text-text-2">
          An approval is for these files only: when the source moves on, its newer revision waits again.
        </p>
        {approve.error && (
          <p role="alert" className="text-failed">
            {messageOf(approve.error)}
          </p>
        )}
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
