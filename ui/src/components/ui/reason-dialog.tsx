import { useState } from "react";
import { Field } from "./field";
import { FormDialog } from "./form-dialog";
import { Input } from "./input";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What follows from it. */
  description: React.ReactNode;
  /** The verb on the button. */
  verb: string;
  isDestructive?: boolean;
  /** False when the API keeps no reason for it. */
  asksReason?: boolean;
  isPending: boolean;
  error: unknown;
  onConfirm: (reason: string) => void;
  children?: React.ReactNode;
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
