import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "@/api/client";
import { planQuery, useWorkspaceAct } from "@/api/workspace";
import { counted } from "@/lib/number";
import { type followOverride, followVerb, overrideWords, refWords } from "@/lib/standing";
import { PlanDialog } from "./plan-dialog";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  override: NonNullable<ReturnType<typeof followOverride>>;
  onClose: () => void;
}

/** Follows the source as the settings say again, once it is shown what that changes. */
export function ResumeDialog({ workspace, override, onClose }: Props) {
  const { name, settings_ref: ref, release } = workspace;
  const plan = useQuery({ ...planQuery(name, ref ?? undefined), staleTime: 0 });
  const act = useWorkspaceAct(name, "resume");
  const verb = followVerb(override);
  const errors = plan.data?.errors ?? 0;
  return (
    <PlanDialog
      onClose={onClose}
      title={verb === "Resume" ? `Resume ${name}?` : `Follow git again for ${name}?`}
      description={`It is ${overrideWords(override)}. Then ${ref ? refWords(ref) : "its source"} is followed again, and what it holds now becomes current. If the workspace asks for an approval, it waits for that first.`}
      verb={verb}
      plan={plan}
      isPlanOptional
      isPending={act.isPending}
      error={act.error}
      onSubmit={() => act.mutate({}, { onSuccess: onClose })}
    >
      {errors > 0 && (
        <p className="text-failed">
          The newest revision has {counted(errors, "mistake")}:{" "}
          {release ? `release ${release} stays current` : "nothing becomes current"} until that is mended.
        </p>
      )}
    </PlanDialog>
  );
}
