import { Pencil, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { changeOf } from "./draft";
import { PathDialog } from "./path-dialog";
import type { Editor } from "./use-editor";

interface Props {
  editor: Editor;
  path: string;
  onFile: (path: string | undefined) => void;
}

/** The path of the file, what became of it, and its verbs. */
export function FileBar({ editor, path, onFile }: Props) {
  const [isNaming, setNaming] = useState(false);
  const { edited } = editor;
  const change = changeOf(edited);
  const hasText = editor.text !== null;
  return (
    <div className="flex min-h-9 flex-none items-center gap-2 border-line border-b px-4 text-12">
      <code className="min-w-0 truncate" title={path}>
        {path}
      </code>
      {change && <span className="flex-none text-waiting">{change}</span>}
      <span className="ml-auto flex flex-none items-center gap-1">
        {edited && (
          <Button
            variant="quiet"
            size="sm"
            onClick={() => {
              editor.revert(path);
              if (edited.base === null) onFile(undefined);
            }}
          >
            <Undo2 size={13} />
            Revert
          </Button>
        )}
        {hasText && (
          <>
            <Button variant="quiet" size="icon-sm" aria-label="Rename" title="Rename" onClick={() => setNaming(true)}>
              <Pencil size={13} />
            </Button>
            <Button
              variant="quiet"
              size="icon-sm"
              aria-label="Remove"
              title="Remove"
              onClick={() => {
                editor.remove();
                if (edited?.base === null) onFile(undefined);
              }}
            >
              <Trash2 size={13} />
            </Button>
          </>
        )}
      </span>
      {isNaming && (
        <PathDialog
          title={`Rename ${path}`}
          verb="Rename"
          first={path}
          paths={editor.paths.filter((one) => one !== path && editor.draft.files[one]?.text !== null)}
          onClose={() => setNaming(false)}
          onPath={(to) => {
            if (to !== path) editor.rename(to);
            onFile(to);
          }}
        />
      )}
    </div>
  );
}
