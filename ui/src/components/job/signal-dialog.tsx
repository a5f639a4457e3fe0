import { useState } from "react";
import { ApiError, messageOf } from "@/api/error";
import type { Field as FormField } from "@/api/job";
import { useSendSignal } from "@/api/jobActions";
import { AnswerField } from "@/components/ui/answer-field";
import { Field } from "@/components/ui/field";
import { FormDialog } from "@/components/ui/form-dialog";
import { Input, Textarea } from "@/components/ui/input";
import { showToast } from "@/components/ui/toast";
import { type Draft, inputOf } from "@/lib/answer";
import { defaultsOf, fieldsOf } from "@/lib/fields";
import { parseJson } from "@/lib/json";

interface Props {
  jobId: string;
  /** The signal that a step waits for; any other can be named without one. */
  name?: string;
  /** The fields of its payload, if it declares any. */
  fields?: Record<string, FormField>;
  onClose: () => void;
}

/** Sends a signal to a job, with the payload as the step's output. */
export function SignalDialog({ jobId, name: given, fields = {}, onClose }: Props) {
  const send = useSendSignal(jobId);
  const [name, setName] = useState(given ?? "");
  const [draft, setDraft] = useState<Draft>(() => defaultsOf(fieldsOf(fields)));
  const [text, setText] = useState("");
  const [mistake, setMistake] = useState<string>();
  const hasFields = Object.keys(fields).length > 0;
  const errors = send.error instanceof ApiError ? send.error.fields : {};
  const submit = () => {
    setMistake(undefined);
    let payload: unknown = null;
    try {
      payload = hasFields ? inputOf(fields, draft) : text.trim() ? parseJson(text) : null;
    } catch (error) {
      setMistake(`This is no JSON: ${messageOf(error)}`);
      return;
    }
    send.mutate(
      { name: name.trim(), payload },
      {
        onSuccess: ({ status }) => {
          const kept = status === "kept" ? ", and is kept for the first step that waits for it" : "";
          showToast({ text: `Signal ${name.trim()} sent${kept}` });
          onClose();
        },
      },
    );
  };
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={given ? `Send the signal ${given}?` : "Send which signal?"}
      description="The steps that wait for it complete, with the payload as their output. If none waits yet, the job keeps it."
      verb="Send"
      leave="Not now"
      isDisabled={send.isPending || !name.trim()}
      error={send.error}
      onSubmit={submit}
    >
      {!given && (
        <Field label="Name">
          <Input value={name} onChange={(event) => setName(event.target.value)} autoFocus />
        </Field>
      )}
      {hasFields ? (
        fieldsOf(fields).map(([key, field]) => (
          <AnswerField
            key={key}
            name={key}
            field={field}
            value={draft[key]}
            error={errors[`payload.${key}`] ?? errors[key]}
            onChange={(value) => setDraft({ ...draft, [key]: value })}
          />
        ))
      ) : (
        <Field label="Payload" remark="optional" help="JSON, such as {&quot;size&quot;: 3}" error={mistake}>
          <Textarea
            rows={3}
            className="font-mono text-12"
            value={text}
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        </Field>
      )}
    </FormDialog>
  );
}
