import { lazy, Suspense } from "react";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { size } from "@/lib/number";
import { FileBar } from "./file-bar";
import type { EditSearch } from "./search";
import type { Editor } from "./use-editor";

const CodeEditor = lazy(() => import("./code-editor"));

interface Props {
  editor: Editor;
  search: EditSearch;
  onChange: (change: EditSearch) => void;
}

/** The file that is edited, or why it cannot be. */
export function EditorText({ editor, search, onChange }: Props) {
  const { path } = editor;
  if (path === undefined) return editor.files.data && <EmptyState title="There are no files yet: make a new one." />;
  return (
    <div className="flex h-full min-h-0 min-w-0 flex-col">
      <FileBar editor={editor} path={path} onFile={(file) => onChange({ file, line: undefined, column: undefined })} />
      <Text editor={editor} path={path} search={search} onChange={onChange} />
    </div>
  );
}

function Text({ editor, path, search, onChange }: Props & { path: string }) {
  const { edited, file, text, isInBase } = editor;
  if (edited?.text === null)
    return (
      <EmptyState title="The edit removes this file.">
        <Button onClick={() => editor.revert(path)}>Keep it</Button>
      </EmptyState>
    );
  if (!edited && !isInBase && editor.files.data)
    return <EmptyState title={`There is no file ${path} in what you edit.`} />;
  if (!edited && file.error)
    return <ErrorState error={file.error} what={`The file ${path}`} onRetry={() => file.refetch()} />;
  if (!edited && !file.data) return <SkeletonRows rows={16} height={20} />;
  if (!edited && file.data && text === null) return <EmptyState title={reasonOf(file.data)} />;
  return (
    <>
      {file.data?.masked && (
        <p className="flex-none border-line border-b bg-sunken px-4 py-1.5 text-12 text-text-2">
          Dots stand for secrets: a line that you leave as it is keeps its secret.
        </p>
      )}
      <Suspense fallback={<SkeletonRows rows={16} height={20} />}>
        <CodeEditor
          session={editor.session}
          path={path}
          text={text ?? ""}
          version={editor.version}
          problems={editor.problemsOf(path)}
          vocabulary={editor.vocabulary}
          place={search.line ? { line: search.line, column: search.column ?? 1 } : undefined}
          onPlace={() => onChange({ line: undefined, column: undefined })}
          onChange={editor.write}
        />
      </Suspense>
    </>
  );
}

function reasonOf({ content, file }: NonNullable<Editor["file"]["data"]>): string {
  if (content === "link") return `A link to ${file.link}: edit that file, or the link in git.`;
  return `A ${content === "binary" ? "binary file" : "file"} of ${size(file.size)}: it is edited in git.`;
}
