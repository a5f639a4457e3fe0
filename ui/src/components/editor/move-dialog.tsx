import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { textsQuery } from "@/api/files";
import { Button } from "@/components/ui/button";
import { CodeBox } from "@/components/ui/code-line";
import { Dialog, DialogClose } from "@/components/ui/dialog";
import { ErrorLine } from "@/components/ui/error-line";
import { Segments } from "@/components/ui/segments";
import { SkeletonRows } from "@/components/ui/skeleton";
import { UnifiedDiff } from "@/components/ui/unified-diff";
import { unifiedLines } from "@/lib/line-diff";
import { baseOf, type Edited, nameOf } from "./bases";
import type { Draft } from "./draft";
import { type MovedFile, movedDraft, movedFile } from "./moved";

interface Props {
  workspace: string;
  draft: Draft;
  to: Edited;
  onClose: () => void;
  onMove: (draft: Draft) => void;
}

const WORDS: Record<MovedFile["state"], string> = {
  same: "nobody else changed it",
  there: "it is there as you have it",
  merged: "both edits fit together",
  conflict: "both changed the same lines",
};

/** Shows what changed in the edited files since the edit began, and moves the edit upon it. */
export function MoveDialog({ workspace, draft, to, onClose, onMove }: Props) {
  const [theirs, setTheirs] = useState<ReadonlySet<string>>(new Set());
  const found = useQuery(textsQuery(workspace, baseOf(to), to.revision, Object.keys(draft.files)));
  const files = Object.entries(draft.files).map(([path, file]) => movedFile(path, file, found.data?.[path] ?? null));
  const choose = (path: string, isTheirs: boolean) => {
    const next = new Set(theirs);
    if (isTheirs) next.add(path);
    else next.delete(path);
    setTheirs(next);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Move your edits to ${nameOf(to)}?`}
      description={`They were made upon ${nameOf(draft)}. Below is what others changed since in the same files.`}
      className="w-[760px]"
      footer={
        <>
          <DialogClose asChild>
            <Button variant="quiet">Stay on {nameOf(draft)}</Button>
          </DialogClose>
          <Button
            variant="primary"
            disabled={!found.data}
            onClick={() => {
              onMove(movedDraft(to, files, theirs));
              onClose();
            }}
          >
            Move my edits
          </Button>
        </>
      }
    >
      <ErrorLine error={found.error} />
      {!found.data && !found.error && <SkeletonRows rows={4} />}
      <div className="-mx-4">
        {found.data &&
          files.map((file) => (
            <CodeBox
              key={file.path}
              head={
                <>
                  <b className="min-w-0 truncate font-medium">{file.path}</b>
                  <span className={file.state === "conflict" ? "text-failed" : "text-text-3"}>{WORDS[file.state]}</span>
                  {file.state === "conflict" && (
                    <Segments
                      className="ml-auto"
                      label={`Text of ${file.path}`}
                      value={theirs.has(file.path) ? "theirs" : "mine"}
                      onChange={(value) => choose(file.path, value === "theirs")}
                      options={[
                        { value: "mine", label: "Mine" },
                        { value: "theirs", label: "Theirs" },
                      ]}
                    />
                  )}
                </>
              }
            >
              {(file.state === "conflict" || file.state === "merged") && (
                <UnifiedDiff lines={unifiedLines(file.base ?? "", file.theirs ?? "")} />
              )}
            </CodeBox>
          ))}
      </div>
    </Dialog>
  );
}
