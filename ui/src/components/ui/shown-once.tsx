import { Button } from "./button";
import { CommandLine } from "./command-line";
import { Dialog } from "./dialog";

interface Props {
  title: string;
  /** What it is for, and what to do when it is lost. */
  description: string;
  secret: string;
  onClose: () => void;
}

/** A secret that is shown now and never again. Only its button closes it. */
export function ShownOnce({ title, description, secret, onClose }: Props) {
  return (
    <Dialog
      open
      onOpenChange={() => undefined}
      title={title}
      description={description}
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <CommandLine command={secret} label="Copy" />
    </Dialog>
  );
}
