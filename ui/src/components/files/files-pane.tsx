import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { Schemas } from "@/api/client";
import { type Base, filesQuery } from "@/api/files";
import { releasePagesQuery } from "@/api/releases";
import { ErrorState } from "@/components/ui/error-state";
import { FileTree } from "@/components/ui/file-tree";
import { Select } from "@/components/ui/select";
import { SkeletonRows } from "@/components/ui/skeleton";
import { firstFile } from "@/lib/file-tree";
import { useShortcuts } from "@/lib/keys";
import { counted } from "@/lib/number";
import { hasNewer, shortRevision } from "@/lib/standing";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  base: Base;
  /** The file that is shown beside the tree. */
  file?: string;
  onBase: (base: Base) => void;
  onFile: (path: string) => void;
}

/** The files of a release as a tree, and which release it is. */
export function FilesPane({ workspace, base, file, onBase, onFile }: Props) {
  const found = useQuery(filesQuery(workspace.name, base));
  const releases = useInfiniteQuery(releasePagesQuery(workspace.name));
  const field = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: "/", label: "Find a file", group: "Files", run: () => field.current?.focus() }]);
  const numbers = releases.data?.pages.flatMap((page) => page.items.map((item) => item.number)) ?? [];
  const known = new Set([
    ...(workspace.release ? [workspace.release] : []),
    ...(typeof base === "number" ? [base] : []),
    ...numbers,
  ]);
  const paths = found.data?.items.map((item) => item.path) ?? [];
  const left = found.data ? found.data.total - found.data.items.length : 0;
  return (
    <nav aria-label="Files" className="flex min-h-0 flex-col border-line sm:border-r">
      <div className="flex flex-none items-center px-4 py-2">
        <Select
          aria-label="Release of the files"
          className="h-7 text-13"
          value={String(base)}
          onChange={(value) => onBase(value === "newest" ? value : Number(value))}
          options={[
            ...(hasNewer(workspace)
              ? [{ value: "newest", label: `${shortRevision(workspace.observed_revision)}, last seen` }]
              : []),
            ...[...known]
              .sort((a, b) => b - a)
              .map((number) => ({
                value: String(number),
                label: `Release ${number}${number === workspace.release ? ", current" : ""}`,
              })),
          ]}
        />
      </div>
      {found.error ? (
        <ErrorState error={found.error} what="The files" onRetry={() => found.refetch()} />
      ) : !found.data ? (
        <SkeletonRows rows={12} height={28} />
      ) : (
        <FileTree paths={paths} chosen={file ?? firstFile(paths)} onChoose={onFile} field={field} />
      )}
      {left > 0 && (
        <p className="flex-none border-line border-t px-4 py-2 text-12 text-text-3">
          {counted(left, "further file")} of this release: the tree shows the first ones by path.
        </p>
      )}
    </nav>
  );
}
