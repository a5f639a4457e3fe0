import { useState } from "react";
import { FormDialog, type FormDialogProps } from "./form-dialog";
import { ReasonField } from "./reason-field";

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
      {asksReason && <ReasonField value={reason} onChange={setReason} autoFocus />}
    </FormDialog>
  );
}
