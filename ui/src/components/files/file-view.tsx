import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronLeft, Download, ExternalLink, Pencil } from "lucide-react";
import { lazy, Suspense } from "react";
import { type Base, type FileText, fileQuery } from "@/api/files";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { size } from "@/lib/number";
import { saveFile } from "@/lib/save";
import { Outline } from "./outline";

const CodeView = lazy(() => import("@/components/ui/code/code-view"));

interface Props {
  workspace: string;
  base: Base;
  path: string;
  line?: number;
  onLine: (line: number) => void;
  /** Goes back to the tree, where that is not beside the file. */
  onBack?: () => void;
}

/** A file of a release: its text with what it defines, or why there is no text to show. */
export function FileView({ workspace, base, path, line, onLine, onBack }: Props) {
  const found = useQuery(fileQuery(workspace, base, path));
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex min-h-9 flex-none items-center gap-2 border-line border-b px-4 text-12 max-sm:flex-wrap max-sm:px-2 max-sm:py-1">
        {onBack && (
          <Button variant="quiet" size="icon-sm" aria-label="All files" onClick={onBack}>
            <ChevronLeft size={14} />
          </Button>
        )}
        <code className="min-w-0 truncate" title={path}>
          {path}
        </code>
        {found.data && <Facts file={found.data} />}
        <span className="ml-auto flex flex-none items-center gap-1">
          {found.data && <Actions workspace={workspace} file={found.data} line={line} />}
        </span>
      </div>
      {found.error ? (
        <ErrorState error={found.error} what={`The file ${path}`} onRetry={() => found.refetch()} />
      ) : !found.data ? (
        <SkeletonRows rows={16} height={20} />
      ) : found.data.text === null ? (
        <EmptyState title={reasonOf(found.data)} />
      ) : (
        <div className="flex min-h-0 flex-1 max-lg:flex-col">
          <Outline workspace={workspace} file={found.data.file} isNow={base !== "newest"} onLine={onLine} />
          <Suspense fallback={<SkeletonRows rows={16} height={20} />}>
            <CodeView text={found.data.text} path={path} line={line} onLine={onLine} />
          </Suspense>
        </div>
      )}
    </div>
  );
}

function Facts({ file }: { file: FileText }) {
  return (
    <>
      <span className="flex-none text-text-3 tabular-nums">{size(file.file.size)}</span>
      {file.file.mode !== null && Number.parseInt(file.file.mode, 8) & 0o111 ? (
        <span className="flex-none text-text-3">executable</span>
      ) : null}
      {file.masked && (
        <span className="flex-none text-text-3" title="Dots stand in the place of secrets">
          secrets are dots
        </span>
      )}
    </>
  );
}

function Actions({ workspace, file, line }: { workspace: string; file: FileText; line?: number }) {
  const { text, url } = file;
  return (
    <>
      {url && (
        <Button asChild variant="quiet" size="sm">
          <a href={url} target="_blank" rel="noreferrer">
            <ExternalLink size={13} />
            <span className="max-lg:hidden">At the git host</span>
          </a>
        </Button>
      )}
      {text !== null && (
        <>
          <CopyButton text={text} label="Copy the text" />
          <Button
            variant="quiet"
            size="icon-sm"
            aria-label="Download the text"
            title="Download the text"
            onClick={() =>
              saveFile(new Blob([text], { type: "text/plain" }), file.file.path.split("/").at(-1) ?? "file")
            }
          >
            <Download size={13} />
          </Button>
        </>
      )}
      {text !== null && !file.file.path.startsWith("_libraries/") && (
        <Button asChild size="sm">
          <Link to="/workspaces/$workspace/edit" params={{ workspace }} search={{ file: file.file.path, line }}>
            <Pencil size={13} />
            Edit
          </Link>
        </Button>
      )}
    </>
  );
}

function reasonOf({ content, file }: FileText): string {
  if (content === "link") return `A link to ${file.link}.`;
  if (content === "binary") return `A binary file of ${size(file.size)}: it has no text to show.`;
  return `A file of ${size(file.size)}: texts of more than 1 MiB are not shown.`;
}
