import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { compareQuery, releasePagesQuery } from "@/api/releases";
import { useWorkspaceAct } from "@/api/workspace";
import { Field } from "@/components/ui/field";
import { ReasonField } from "@/components/ui/reason-field";
import { Select } from "@/components/ui/select";
import { PlanDialog } from "./plan-dialog";
import { releaseOptions } from "./release-options";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  /** The current release. */
  from: number;
  /** The release that is looked at. */
  chosen?: number;
  onClose: () => void;
}

/** Brings back an older release, once its plan is shown. */
export function RollbackDialog({ workspace, from, chosen, onClose }: Props) {
  const pages = useInfiniteQuery(releasePagesQuery(workspace.name));
  const options = releaseOptions(pages.data, chosen).filter(({ number }) => number !== from);
  const [picked, setPicked] = useState(chosen === from ? undefined : chosen);
  const [reason, setReason] = useState("");
  const to = picked ?? options.find(({ number }) => number < from)?.number;
  const plan = useQuery({ ...compareQuery(workspace.name, from, to ?? from), enabled: to !== undefined });
  const act = useWorkspaceAct(workspace.name, "rollback");
  const isOldest = !!pages.data && to === undefined;
  return (
    <PlanDialog
      onClose={onClose}
      title={`Roll back ${workspace.name}${to === undefined ? "" : ` to release ${to}`}?`}
      description="A new release is made from its files. Git is not followed until somebody presses Follow git again."
      verb={to === undefined ? "Roll back" : `Roll back to ${to}`}
      plan={isOldest ? { error: new Error(`No release but ${from} is kept: there is none to go back to.`) } : plan}
      isPending={act.isPending}
      error={act.error}
      onSubmit={() => to && act.mutate({ release: to, reason: reason.trim() || undefined }, { onSuccess: onClose })}
    >
      <Field label="Release">
        <Select
          value={to === undefined ? "" : String(to)}
          onChange={(value) => setPicked(Number(value))}
          options={options.map(({ number, label }) => ({ value: String(number), label }))}
        />
      </Field>
      <ReasonField value={reason} onChange={setReason} />
    </PlanDialog>
  );
}
