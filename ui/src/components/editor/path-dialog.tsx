import { useState } from "react";
import { FormDialog } from "@/components/ui/form-dialog";
import { Input } from "@/components/ui/input";
import { mistakeInPath } from "./draft";

interface Props {
  title: string;
  verb: string;
  first: string;
  /** Paths that are taken. */
  paths: readonly string[];
  onClose: () => void;
  onPath: (path: string) => void;
}

/** Asks for the path of a file. */
export function PathDialog({ title, verb, first, paths, onClose, onPath }: Props) {
  const [path, setPath] = useState(first);
  const [isAsked, setAsked] = useState(false);
  const mistake = mistakeInPath(path, paths);
  return (
    <FormDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description="Nothing changes on the server: the patch has the file under this path."
      verb={verb}
      leave="Cancel"
      isDisabled={false}
      error={isAsked && mistake ? new Error(mistake) : null}
      onSubmit={() => {
        setAsked(true);
        if (mistake) return;
        onPath(path);
        onClose();
      }}
    >
      <Input
        aria-label="Path of the file"
        value={path}
        autoFocus
        spellCheck={false}
        className="font-mono"
        onChange={(event) => setPath(event.target.value)}
      />
    </FormDialog>
  );
}
