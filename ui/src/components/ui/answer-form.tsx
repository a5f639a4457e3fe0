import { useState } from "react";
import type { Schemas } from "@/api/client";
import { ApiError } from "@/api/error";
import { useDecide } from "@/api/jobActions";
import { type Draft, inputOf } from "@/lib/answer";
import { defaultsOf, fieldsOf } from "@/lib/fields";
import { visibleText } from "@/lib/json";
import { AnswerField } from "./answer-field";
import { ApprovalTerms, useApprovalTerms } from "./approval-terms";
import { Button } from "./button";
import { ErrorLine } from "./error-line";
import { Field } from "./field";
import { Textarea } from "./input";
import { showToast } from "./toast";

interface Props {
  jobId: string;
  workspace: string;
  task: string;
  /** The step that waits, by its path. */
  step: string;
  message: string | null | undefined;
  fields: Record<string, Schemas["TaskField"]>;
  onDone?: () => void;
  /** What stands behind the buttons. */
  children?: React.ReactNode;
}

const OUTCOMES = { approved: "approved", rejected: "declined" } as const;

/** The question of an approval, its form, and both answers. */
export function AnswerForm({ jobId, workspace, task, step, message, fields, onDone, children }: Props) {
  const [draft, setDraft] = useState<Draft>(() => defaultsOf(fieldsOf(fields)));
  const [comment, setComment] = useState("");
  const decide = useDecide(jobId);
  const refusal = useApprovalTerms(jobId, step)?.refusal;
  const errors = decide.error instanceof ApiError ? decide.error.fields : {};
  const errorOf = (name: string) => errors[`input.${name}`] ?? errors[name];
  const said = comment.trim() || undefined;
  const answer = (approved: boolean) => {
    if (decide.isPending) return;
    const body = approved
      ? { approved, comment: said, input: inputOf(fields, draft) }
      : { approved, rejection_reason: said };
    decide.mutate(
      { step, ...body },
      {
        onSuccess: ({ status }) => {
          const done = status === "waiting" ? "has your approval, and waits for others" : OUTCOMES[status];
          showToast({
            text: `${task} of ${workspace} ${done}`,
            link: { label: "Open the job", to: `/jobs/${jobId}` },
          });
          onDone?.();
        },
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
      {message && <p className="whitespace-pre-wrap text-14">{visibleText(message)}</p>}
      <ApprovalTerms jobId={jobId} step={step} />
      {fieldsOf(fields).map(([name, field]) => (
        <AnswerField
          key={name}
          name={name}
          field={field}
          value={draft[name]}
          error={errorOf(name)}
          onChange={(value) => setDraft({ ...draft, [name]: value })}
        />
      ))}
      <Field
        label="Comment"
        remark="optional"
        help="Kept with the answer. If you decline, it becomes the error of the step."
      >
        <Textarea rows={2} value={comment} onChange={(event) => setComment(event.target.value)} />
      </Field>
      <ErrorLine error={decide.error} />
      {refusal && <p className="text-text-2">You do not approve this: {refusal}.</p>}
      <div className="flex items-center gap-2 max-sm:flex-wrap">
        <Button variant="primary" type="submit" disabled={decide.isPending || !!refusal}>
          Approve
        </Button>
        <Button variant="danger" disabled={decide.isPending} onClick={() => answer(false)}>
          Decline
        </Button>
        {children}
      </div>
    </form>
  );
}
