import { useQuery } from "@tanstack/react-query";
import { Check, Pause, Play, RefreshCw, Undo2 } from "lucide-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { compareQuery } from "@/api/releases";
import { planQuery, useWorkspaceAct } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { ReasonDialog } from "@/components/ui/reason-dialog";
import { showToast } from "@/components/ui/toast";
import { shortRevision } from "@/lib/standing";
import { PlanDialog } from "./plan-dialog";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  /** The release that is looked at, which a rollback would go to. */
  chosen?: number;
}

type Opened = "suspend" | "rollback" | "approve" | null;

/** The verbs of a workspace. Those that change what runs show their plan first. */
export function WorkspaceActions({ workspace, chosen }: Props) {
  const [opened, setOpened] = useState<Opened>(null);
  const look = useWorkspaceAct(workspace.name, "reconcile", false);
  const suspend = useWorkspaceAct(workspace.name, "suspend");
  const resume = useWorkspaceAct(workspace.name, "resume", false);
  const isHeldBack = workspace.drift?.some((one) => one.kind === "suspended" || one.kind === "pinned");
  const close = () => setOpened(null);
  return (
    <>
      {workspace.waiting && (
        <Button onClick={() => setOpened("approve")}>
          <Check size={14} />
          Review plan
        </Button>
      )}
      {isHeldBack ? (
        <Button variant="quiet" className="max-sm:hidden" onClick={() => resume.mutate({})}>
          <Play size={14} />
          Resume
        </Button>
      ) : (
        <Button variant="quiet" className="max-sm:hidden" onClick={() => setOpened("suspend")}>
          <Pause size={14} />
          Suspend
        </Button>
      )}
      {chosen !== undefined && chosen !== workspace.release && (
        <Button onClick={() => setOpened("rollback")}>
          <Undo2 size={14} />
          Roll back
        </Button>
      )}
      <Button
        variant="primary"
        disabled={look.isPending}
        onClick={() => look.mutate({}, { onSuccess: () => showToast({ text: `Looked at ${workspace.name}` }) })}
      >
        <RefreshCw size={14} />
        Look now
      </Button>
      <ReasonDialog
        open={opened === "suspend"}
        onOpenChange={(open) => !open && close()}
        title={`Stop following git for ${workspace.name}?`}
        description={`Release ${workspace.release ?? "–"} stays current until somebody resumes. Jobs and triggers go on.`}
        verb="Suspend"
        isPending={suspend.isPending}
        error={suspend.error}
        onConfirm={(reason) => suspend.mutate({ reason: reason || undefined }, { onSuccess: close })}
      />
      {opened === "rollback" && chosen !== undefined && <Rollback workspace={workspace} to={chosen} onClose={close} />}
      {opened === "approve" && workspace.waiting && (
        <Approve workspace={workspace.name} waiting={workspace.waiting} hasRefs={!!workspace.ref} onClose={close} />
      )}
    </>
  );
}

function Rollback({ workspace, to, onClose }: { workspace: Props["workspace"]; to: number; onClose: () => void }) {
  const plan = useQuery(compareQuery(workspace.name, workspace.release ?? to, to));
  const act = useWorkspaceAct(workspace.name, "rollback");
  return (
    <PlanDialog
      onClose={onClose}
      title={`Roll back ${workspace.name} to release ${to}?`}
      description="A new release is made from its files. Git is not followed until somebody resumes."
      verb={`Roll back to ${to}`}
      plan={plan}
      isPending={act.isPending}
      error={act.error}
      onConfirm={() => act.mutate({ release: to }, { onSuccess: onClose })}
    />
  );
}

interface ApproveProps {
  workspace: string;
  waiting: Schemas["Waiting"];
  /** Whether the source has refs, which a plan can be made of. */
  hasRefs: boolean;
  onClose: () => void;
}

function Approve({ workspace, waiting, hasRefs, onClose }: ApproveProps) {
  const { revision, manifest } = waiting;
  const plan = useQuery(planQuery(workspace, hasRefs ? revision : undefined));
  const act = useWorkspaceAct(workspace, "approve");
  return (
    <PlanDialog
      onClose={onClose}
      title={`Approve ${shortRevision(revision)} for ${workspace}?`}
      description="It becomes the current release at once. Jobs that run keep theirs."
      verb="Approve"
      plan={plan}
      isPending={act.isPending}
      error={act.error}
      onConfirm={() => act.mutate({ manifest }, { onSuccess: onClose })}
    />
  );
}
