import { useId, useState } from "react";
import { messageOf } from "@/api/error";
import { Button } from "./button";
import { Dialog, DialogClose } from "./dialog";
import { Field } from "./field";
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

/** Asks before something is done, with a reason that is kept. It stays open when that fails and says why. */
export function ReasonDialog({ open, onOpenChange, title, description, verb, ...rest }: Props) {
  const { isDestructive, asksReason = true, isPending, error, onConfirm, children } = rest;
  const [reason, setReason] = useState("");
  const form = useId();
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      footer={
        <>
          <DialogClose asChild>
            <Button variant="quiet">Keep as it is</Button>
          </DialogClose>
          <Button type="submit" form={form} variant={isDestructive ? "destroy" : "primary"} disabled={isPending}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm(reason.trim());
        }}
      >
        {children}
        {asksReason && (
          <Field label="Reason" remark="optional" help="It is shown to others and kept with the event.">
            <Input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} autoFocus />
          </Field>
        )}
        {error ? (
          <p role="alert" className="text-failed [overflow-wrap:anywhere]">
            {messageOf(error)}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}
