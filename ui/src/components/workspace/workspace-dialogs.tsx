import type { Schemas } from "@/api/client";
import { useWorkspaceAct } from "@/api/workspace";
import { ReasonDialog } from "@/components/ui/reason-dialog";
import { followOverride, overrideWords } from "@/lib/standing";
import type { Act } from "@/lib/workspace-acts";
import { ApproveDialog } from "./approve-dialog";
import { PinDialog } from "./pin-dialog";
import { ResumeDialog } from "./resume-dialog";
import { RollbackDialog } from "./rollback-dialog";
import { useAct } from "./use-act";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  act: Act | undefined;
  /** The release that is looked at, which a rollback would go to. */
  chosen?: number;
}

/** The dialog that the URL names; none for a verb that the workspace does not have now. */
export function WorkspaceDialogs({ workspace, act, chosen }: Props) {
  const open = useAct();
  const props = { workspace, onClose: () => open(undefined) };
  const override = followOverride(workspace);
  switch (act) {
    case "suspend":
      return <SuspendDialog {...props} />;
    case "resume":
      return override && <ResumeDialog {...props} override={override} />;
    case "drop":
      return !!workspace.drift?.length && <DropDialog {...props} />;
    case "pin":
      return workspace.ref && <PinDialog {...props} />;
    case "rollback":
      return workspace.release && <RollbackDialog {...props} from={workspace.release} chosen={chosen} />;
    case "approve":
      return workspace.waiting && <ApproveDialog {...props} waiting={workspace.waiting} />;
  }
}

interface DialogProps {
  workspace: Props["workspace"];
  onClose: () => void;
}

function SuspendDialog({ workspace, onClose }: DialogProps) {
  const suspend = useWorkspaceAct(workspace.name, "suspend");
  return (
    <ReasonDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Stop following git for ${workspace.name}?`}
      description={`Release ${workspace.release ?? "–"} stays current until somebody resumes. Jobs and triggers go on.`}
      verb="Suspend"
      isPending={suspend.isPending}
      error={suspend.error}
      onConfirm={(reason) => suspend.mutate({ reason: reason || undefined }, { onSuccess: onClose })}
    />
  );
}

function DropDialog({ workspace, onClose }: DialogProps) {
  const drop = useWorkspaceAct(workspace.name, "drift/drop");
  return (
    <ReasonDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Drop the drift of ${workspace.name}?`}
      description="All that people have set against git is taken away: the source is followed as the settings say, and paused triggers fire again."
      verb="Drop drift"
      isDestructive
      asksReason={false}
      isPending={drop.isPending}
      error={drop.error}
      onConfirm={() => drop.mutate({}, { onSuccess: onClose })}
    >
      <ul className="flex flex-col gap-1">
        {workspace.drift?.map((one) => (
          <li key={`${one.kind} ${one.name}`}>{overrideWords(one)}</li>
        ))}
      </ul>
    </ReasonDialog>
  );
}
