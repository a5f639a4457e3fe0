import type { Job } from "@/api/job";
import { useCancelJob } from "@/api/jobActions";
import { ReasonDialog } from "@/components/ui/reason-dialog";
import { counted } from "@/lib/number";

interface Props {
  job: Job;
  onClose: () => void;
}

/** Asks before a job is cancelled, and says what becomes of its steps. */
export function CancelDialog({ job, onClose }: Props) {
  const cancel = useCancelJob(job.job_id);
  const count = (status: string[]) => job.steps.filter((step) => status.includes(step.status)).length;
  const running = count(["running"]);
  const rest = count(["pending", "ready", "suspended"]);
  return (
    <ReasonDialog
      open
      onOpenChange={onClose}
      title={`Cancel ${job.task_name} ${job.job_id.slice(0, 8)}?`}
      description={
        <>
          {running > 0
            ? `${counted(running, "step")} that ${running === 1 ? "runs is" : "run are"} told to end. `
            : "No step runs. "}
          {rest > 0 && `${counted(rest, "step")} will not start. `}
          Only steps for the end of the job start from now on. A cancelled job can be run again, but does not go on.
        </>
      }
      verb="Cancel the job"
      isDestructive
      asksReason={false}
      isPending={cancel.isPending}
      error={cancel.error}
      onConfirm={() => cancel.mutate(undefined, { onSuccess: onClose })}
    />
  );
}
