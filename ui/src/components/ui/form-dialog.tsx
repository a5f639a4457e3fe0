import { useId } from "react";
import { Button } from "./button";
import { Dialog, DialogClose } from "./dialog";
import { ErrorLine } from "./error-line";

export interface FormDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What follows from it. */
  description: React.ReactNode;
  /** The verb on the button. */
  verb: string;
  /** The words of the button that leaves all as it is. */
  leave?: string;
  isDestructive?: boolean;
  isDisabled: boolean;
  error: unknown;
  onSubmit: () => void;
  children?: React.ReactNode;
  className?: string;
}

/** A dialog with a form. It stays open when its verb fails, and says why. */
export function FormDialog({ title, description, verb, leave = "Keep as it is", ...rest }: FormDialogProps) {
  const { open, onOpenChange, isDestructive, isDisabled, error, onSubmit, children, className } = rest;
  const form = useId();
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      className={className}
      footer={
        <>
          <DialogClose asChild>
            <Button variant="quiet">{leave}</Button>
          </DialogClose>
          <Button type="submit" form={form} variant={isDestructive ? "destroy" : "primary"} disabled={isDisabled}>
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
          onSubmit();
        }}
      >
        {children}
        <ErrorLine error={error} />
      </form>
    </Dialog>
  );
}
