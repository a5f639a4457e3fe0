import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isLive, type Job, type Step, waitingQuery } from "@/api/job";
import { AnswerForm } from "@/components/ui/answer-form";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { StateGlyph } from "@/components/ui/state-glyph";
import { ClockTime } from "@/components/ui/time";
import { visibleText } from "@/lib/json";
import { SignalDialog } from "./signal-dialog";

interface Props {
  job: Job;
  onStep: (path: string) => void;
}

const MOST_SHOWN = 3;

/** What the job asks of people: approvals, and signals that steps wait for. */
export function Asks({ job, onStep }: Props) {
  const { data: waiting } = useQuery(waitingQuery(job));
  const [answered, setAnswered] = useState<Step | null>(null);
  const asking = isLive(job) ? job.steps.filter((step) => step.status === "suspended" && kindOf(step)) : [];
  const untilOf = (step: Step) => waiting?.blockers.find((blocker) => blocker.step === step.step_name)?.until;
  const kind = answered && kindOf(answered);
  const close = () => setAnswered(null);
  return (
    <>
      {asking.slice(0, MOST_SHOWN).map((step) => (
        <div
          key={step.step_name}
          className="flex min-h-9 flex-none items-center gap-2.5 border-line border-b bg-waiting-tint px-4 py-1.5"
        >
          <StateGlyph state="waiting" label="" />
          <span className="line-clamp-3 min-w-0 flex-1 [overflow-wrap:anywhere]">
            <button
              type="button"
              className="font-medium hover:underline"
              onClick={() => onStep(step.step_name)}
              title={step.step_name}
            >
              {step.step_name}
            </button>{" "}
            {kindOf(step) === "approval" ? (
              <>asks: “{visibleText(step.approval_message ?? "May it go on?")}” </>
            ) : (
              <>waits for the signal “{signalOf(step)}” </>
            )}
            <Until at={untilOf(step)} />
          </span>
          <Button size="sm" variant="primary" onClick={() => setAnswered(step)}>
            {kindOf(step) === "approval" ? "Review…" : "Send…"}
          </Button>
        </div>
      ))}
      {asking.length > MOST_SHOWN && (
        <p className="flex-none border-line border-b bg-waiting-tint px-4 py-1.5 text-text-2">
          {asking.length - MOST_SHOWN} more steps wait for an answer.
        </p>
      )}
      {answered && kind === "approval" && (
        <Dialog
          open
          onOpenChange={close}
          title={
            <>
              {answered.step_name}: may it go on? <Until at={untilOf(answered)} />
            </>
          }
        >
          <AnswerForm
            jobId={job.job_id}
            workspace={job.workspace}
            task={job.task_name}
            step={answered.step_name}
            message={answered.approval_message}
            fields={answered.approval_fields ?? {}}
            onDone={close}
          />
        </Dialog>
      )}
      {answered && kind === "signal" && (
        <SignalDialog
          jobId={job.job_id}
          name={signalOf(answered)}
          fields={answered.payload_fields ?? {}}
          onClose={close}
        />
      )}
    </>
  );
}

function Until({ at }: { at: string | null | undefined }) {
  if (!at) return null;
  return (
    <span className="font-normal text-text-3">
      until <ClockTime at={at} />, then it fails
    </span>
  );
}

function kindOf(step: Step): "approval" | "signal" | null {
  if (step.waits_for === "approval") return "approval";
  return step.waits_for?.startsWith("signal:") ? "signal" : null;
}

function signalOf(step: Step): string {
  return step.waits_for?.slice("signal:".length) ?? "";
}
