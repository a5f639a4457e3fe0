import { useState } from "react";
import { Field } from "./field";
import { FormDialog, type FormDialogProps } from "./form-dialog";
import { Input } from "./input";

interface Props extends Omit<FormDialogProps, "leave" | "isDisabled" | "onSubmit"> {
  /** False when the API keeps no reason for it. */
  asksReason?: boolean;
  isPending: boolean;
  onConfirm: (reason: string) => void;
}

/** Asks before something is done, with a reason that is kept. */
export function ReasonDialog({ asksReason = true, isPending, onConfirm, children, ...dialog }: Props) {
  const [reason, setReason] = useState("");
  return (
    <FormDialog {...dialog} isDisabled={isPending} onSubmit={() => onConfirm(reason.trim())}>
      {children}
      {asksReason && (
        <Field label="Reason" remark="optional" help="It is shown to others and kept with the event.">
          <Input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} autoFocus />
        </Field>
      )}
    </FormDialog>
  );
}
