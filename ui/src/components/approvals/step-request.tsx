import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Approval } from "@/api/approvals";
import { ApiError, messageOf } from "@/api/error";
import { useDecide } from "@/api/jobActions";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { StateGlyph } from "@/components/ui/state-glyph";
import { TaskPath } from "@/components/ui/task-path";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { showToast } from "@/components/ui/toast";
import { type Draft, firstDraft, inOrder, inputOf } from "./answer";
import { AnswerField } from "./answer-field";
import { Request } from "./request";

interface Props {
  approval: Approval;
  isOpen: boolean;
  onToggle: () => void;
}

/** A step that waits for an answer: its question, its form, and both answers. */
export function StepRequest({ approval, isOpen, onToggle }: Props) {
  return (
    <Request
      name={`${approval.job_id}/${approval.step_name}`}
      isOpen={isOpen}
      onToggle={onToggle}
      title={<TaskPath workspace={approval.workspace} task={approval.task_name} />}
      words={
        <>
          step {approval.step_name}
          {approval.approval_message && `: “${approval.approval_message}”`}
        </>
      }
      times={
        <>
          {approval.suspended_at && <RelativeTime at={approval.suspended_at} />}
          {approval.expires_at && (
            <span className="max-sm:hidden">
              until <ClockTime at={approval.expires_at} />
            </span>
          )}
        </>
      }
    >
      <Answer approval={approval} />
    </Request>
  );
}

function Answer({ approval }: { approval: Approval }) {
  const [draft, setDraft] = useState<Draft>(() => firstDraft(approval.approval_fields));
  const [comment, setComment] = useState("");
  const decide = useDecide(approval.job_id);
  const errors = decide.error instanceof ApiError ? decide.error.fields : {};
  const errorOf = (name: string) => errors[`input.${name}`] ?? errors[name];
  const said = comment.trim() || undefined;
  const answer = (approved: boolean) => {
    if (decide.isPending) return;
    const body = approved
      ? { approved, comment: said, input: inputOf(approval.approval_fields, draft) }
      : { approved, rejection_reason: said };
    decide.mutate(
      { step: approval.step_name, ...body },
      {
        onSuccess: () =>
          showToast({
            text: `${approval.task_name} ${approved ? "approved" : "declined"}`,
            link: { label: "Open the job", to: `/jobs/${approval.job_id}` },
          }),
      },
    );
  };
  return (
    <form
      className="flex max-w-[640px] flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        answer(true);
      }}
    >
      {approval.approval_message && <p className="whitespace-pre-wrap text-14">{approval.approval_message}</p>}
      {inOrder(approval.approval_fields).map(([name, field]) => (
        <AnswerField
          key={name}
          name={name}
          field={field}
          value={draft[name]}
          error={errorOf(name)}
          onChange={(value) => setDraft({ ...draft, [name]: value })}
        />
      ))}
      <Field label="Comment" remark="optional" help="Kept with the answer; of a decline it is the error of the step.">
        <Textarea rows={2} value={comment} onChange={(event) => setComment(event.target.value)} />
      </Field>
      {decide.error && (
        <p role="alert" className="flex items-start gap-1.5 text-failed">
          <StateGlyph state="failed" className="mt-[3px]" label="" />
          {messageOf(decide.error)}
        </p>
      )}
      <div className="flex items-center gap-2 max-sm:flex-wrap">
        <Button variant="primary" type="submit" disabled={decide.isPending}>
          Approve
        </Button>
        <Button variant="danger" disabled={decide.isPending} onClick={() => answer(false)}>
          Decline
        </Button>
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
            waits until <ClockTime at={approval.expires_at} />
            {approval.reminders_sent > 0 && ` · reminded ${approval.reminders_sent} times`}
          </span>
        )}
      </div>
    </form>
  );
}
