import { useQuery } from "@tanstack/react-query";
import { type Base, filesQuery } from "@/api/files";
import { EmptyState } from "@/components/ui/empty-state";
import { firstFile } from "@/lib/file-tree";
import { FileView } from "./file-view";
import type { FilesSearch } from "./search";

interface Props {
  workspace: string;
  base: Base | undefined;
  search: FilesSearch;
  onChange: (change: FilesSearch) => void;
  /** The tree, where it is not beside the file: it stands here until a file is chosen. */
  tree?: React.ReactNode;
}

/** The file that is chosen, else the first workflow file. */
export function FilesTab({ workspace, base, search, onChange, tree }: Props) {
  const files = useQuery({ ...filesQuery(workspace, base ?? "current"), enabled: base !== undefined }).data;
  if (base === undefined) return <EmptyState title="There is no release yet, and so there are no files." />;
  const file = search.file ?? (tree ? undefined : firstFile(files?.items.map((item) => item.path) ?? []));
  if (file === undefined) return tree;
  return (
    <FileView
      workspace={workspace}
      base={base}
      path={file}
      line={search.line}
      onLine={(line) => onChange({ file, line: line === search.line ? undefined : line })}
      onBack={tree ? () => onChange({ file: undefined, line: undefined }) : undefined}
    />
  );
}
