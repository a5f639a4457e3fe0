import { useState } from "react";
import type { Job } from "@/api/job";
import { usePauseStep } from "@/api/jobActions";
import { Field } from "@/components/ui/field";
import { ReasonDialog } from "@/components/ui/reason-dialog";
import { Select } from "@/components/ui/select";

interface Props {
  job: Job;
  selected: string | null;
  onClose: () => void;
}

/** The steps that can still be held: they have not begun, and are not paused yet. */
export function holdableSteps(job: Job): string[] {
  const paused = new Set(job.paused_steps.map((step) => step.step_name));
  return job.steps
    .filter((step) => (step.status === "pending" || step.status === "ready") && !paused.has(step.step_name))
    .map((step) => step.step_name);
}

/** Holds a step when its turn comes. */
export function PauseStepDialog({ job, selected, onClose }: Props) {
  const pause = usePauseStep(job.job_id);
  const steps = holdableSteps(job);
  const [step, setStep] = useState(selected && steps.includes(selected) ? selected : (steps[0] ?? ""));
  return (
    <ReasonDialog
      open
      onOpenChange={onClose}
      title="Pause before which step?"
      description="The job goes on up to this step, which is held when its turn comes, until somebody lets it start."
      verb="Pause before it"
      asksReason={false}
      isPending={pause.isPending}
      error={pause.error}
      onConfirm={() => step && pause.mutate(step, { onSuccess: onClose })}
    >
      <Field label="Step">
        <Select value={step} onChange={setStep} options={steps.map((one) => ({ value: one, label: one }))} />
      </Field>
    </ReasonDialog>
  );
}
