import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "@/api/client";
import { planQuery, useWorkspaceAct } from "@/api/workspace";
import { shortRevision } from "@/lib/standing";
import { PlanDialog } from "./plan-dialog";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  waiting: Schemas["Waiting"];
  onClose: () => void;
}

/** Approves the revision that waits, once its plan is shown. */
export function ApproveDialog({ workspace, waiting, onClose }: Props) {
  const { revision, manifest } = waiting;
  const plan = useQuery(planQuery(workspace.name, workspace.ref ? revision : undefined));
  const act = useWorkspaceAct(workspace.name, "approve");
  return (
    <PlanDialog
      onClose={onClose}
      title={`Approve ${shortRevision(revision)} for ${workspace.name}?`}
      description="It becomes the current release at once. Jobs that run keep theirs."
      verb="Approve"
      plan={plan}
      isPending={act.isPending}
      error={act.error}
      onSubmit={() => act.mutate({ manifest }, { onSuccess: onClose })}
    />
  );
}
