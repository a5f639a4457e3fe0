import { FormDialog, type FormDialogProps } from "./form-dialog";

interface Props<Value> extends Pick<FormDialogProps, "title" | "description" | "verb"> {
  /** The request that is sent for the value. */
  request: {
    mutate: (value: Value, options: { onSuccess: () => void }) => void;
    reset: () => void;
    isPending: boolean;
    error: unknown;
  };
  value: Value;
  onClose: () => void;
}

/** Asks before something is taken away. It closes once that is done. */
export function ConfirmDialog<Value>({ request, value, onClose, ...words }: Props<Value>) {
  const close = () => {
    onClose();
    request.reset();
  };
  return (
    <FormDialog
      open
      onOpenChange={close}
      {...words}
      isDestructive
      isDisabled={request.isPending}
      error={request.error}
      onSubmit={() => request.mutate(value, { onSuccess: close })}
    />
  );
}
