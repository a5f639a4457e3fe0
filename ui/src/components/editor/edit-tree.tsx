import { FilePlus } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/error-state";
import { FileTree } from "@/components/ui/file-tree";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useShortcuts } from "@/lib/keys";
import { counted } from "@/lib/number";
import { changeOf, type FileChange } from "./draft";
import { PathDialog } from "./path-dialog";
import type { Editor } from "./use-editor";

const MARKS: Record<FileChange, readonly [letter: string, colour: string]> = {
  added: ["A", "text-add"],
  changed: ["M", "text-waiting"],
  removed: ["D", "text-del"],
};

/** The files that can be edited, with marks of what changed and how many mistakes are where. */
export function EditTree({ editor, file, onFile }: { editor: Editor; file?: string; onFile: (path: string) => void }) {
  const [isNaming, setNaming] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: "/", label: "Find a file", group: "Files", run: () => field.current?.focus() }]);
  const { files, draft, paths } = editor;
  const own = paths.filter((path) => !path.startsWith("_libraries/"));
  return (
    <nav aria-label="Files" className="flex h-full min-h-0 flex-col">
      <div className="flex min-h-9 flex-none items-center gap-2 pr-2 pl-4 text-12 text-text-3">
        <h2 className="font-semibold text-13 text-text">Files</h2>
        <Button variant="quiet" size="sm" className="ml-auto" onClick={() => setNaming(true)}>
          <FilePlus size={13} />
          New
        </Button>
      </div>
      {files.error ? (
        <ErrorState error={files.error} what="The files" onRetry={() => files.refetch()} />
      ) : !files.data ? (
        <SkeletonRows rows={12} height={28} />
      ) : (
        <FileTree
          paths={own}
          chosen={file}
          onChoose={onFile}
          field={field}
          mark={(path) => <Mark editor={editor} path={path} />}
        />
      )}
      {isNaming && (
        <PathDialog
          title="New file"
          verb="Make"
          first=".workflows/"
          paths={paths.filter((path) => draft.files[path]?.text !== null)}
          onClose={() => setNaming(false)}
          onPath={(path) => {
            editor.create(path);
            onFile(path);
          }}
        />
      )}
    </nav>
  );
}

function Mark({ editor, path }: { editor: Editor; path: string }) {
  const change = changeOf(editor.draft.files[path]);
  const number = editor.problemsOf(path).length;
  if (!change && number === 0) return null;
  const [letter, colour] = change ? MARKS[change] : ["", ""];
  return (
    <span className="flex gap-2">
      {number > 0 && (
        <span className="text-failed" title={counted(number, "mistake")}>
          {number}
        </span>
      )}
      {change && (
        <span className={`font-mono ${colour}`} role="img" title={change} aria-label={change}>
          {letter}
        </span>
      )}
    </span>
  );
}
