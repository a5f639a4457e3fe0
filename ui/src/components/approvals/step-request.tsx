import { Link } from "@tanstack/react-router";
import type { Approval } from "@/api/approvals";
import { AnswerForm } from "@/components/ui/answer-form";
import { TaskPath } from "@/components/ui/task-path";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { visibleText } from "@/lib/json";
import { Request } from "./request";

interface Props {
  approval: Approval;
  isOpen: boolean;
  onToggle: () => void;
  /** It has been answered. */
  onDone: () => void;
}

/** A step that waits for an answer: its question, its form, and both answers. */
export function StepRequest({ approval, isOpen, onToggle, onDone }: Props) {
  return (
    <Request
      name={`${approval.job_id}/${approval.step_name}`}
      isOpen={isOpen}
      onToggle={onToggle}
      title={<TaskPath workspace={approval.workspace} task={approval.task_name} />}
      words={
        <>
          step {approval.step_name}
          {!isOpen && approval.approval_message && `: “${visibleText(approval.approval_message)}”`}
        </>
      }
      times={
        <>
          {approval.expires_at && (
            <span className="max-sm:hidden">
              until <ClockTime at={approval.expires_at} />
            </span>
          )}
          {approval.suspended_at && <RelativeTime at={approval.suspended_at} className="min-w-24 text-right" />}
        </>
      }
    >
      <AnswerForm
        jobId={approval.job_id}
        workspace={approval.workspace}
        task={approval.task_name}
        step={approval.step_name}
        message={approval.approval_message}
        fields={approval.approval_fields}
        onDone={onDone}
      >
        <Link
          to="/jobs/$jobId"
          params={{ jobId: approval.job_id }}
          search={{ step: approval.step_name }}
          className="ml-2 text-accent hover:underline"
        >
          Open the job
        </Link>
        {approval.expires_at && (
          <span className="ml-auto text-12 text-text-3">
            <span className="sm:hidden">
              until <ClockTime at={approval.expires_at} />
            </span>
            {approval.reminders_sent > 0 && ` reminded ${approval.reminders_sent} times`}
          </span>
        )}
      </AnswerForm>
    </Request>
  );
}
