import { useState } from "react";
import { Button } from "@/components/ui/button";
import { StateGlyph } from "@/components/ui/state-glyph";
import { type Edited, nameOf } from "./bases";
import { MoveDialog } from "./move-dialog";
import type { Editor } from "./use-editor";

/** What one must know of the edit: that the source has moved on, or that a reload loses the edit. */
export function Notes({ editor, workspace, latest }: { editor: Editor; workspace: string; latest: Edited }) {
  const [isOpen, setOpen] = useState(false);
  const { draft } = editor;
  return (
    <>
      {editor.hasMoved && (
        <Note>
          <span className="min-w-0">
            {capital(nameOf(latest))} has arrived. You edit {nameOf(draft)}; your edits are kept.
          </span>
          <Button size="sm" onClick={() => setOpen(true)}>
            See what changed…
          </Button>
        </Note>
      )}
      {!editor.isKept && <Note>This browser does not keep the edits: a reload of the page loses them.</Note>}
      {isOpen && (
        <MoveDialog
          workspace={workspace}
          draft={draft}
          to={latest}
          onClose={() => setOpen(false)}
          onMove={editor.replace}
        />
      )}
    </>
  );
}

function Note({ children }: { children: React.ReactNode }) {
  return (
    <div
      role="status"
      className="flex min-h-9 flex-none items-center gap-3 border-line border-b bg-waiting-tint px-4 py-1"
    >
      <StateGlyph state="waiting" label="" />
      {children}
    </div>
  );
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
