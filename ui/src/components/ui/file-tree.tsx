import { useState } from "react";
import { fileRows, filterPaths, isOpenAtFirst } from "@/lib/file-tree";
import { EmptyState } from "./empty-state";
import { TextFilter } from "./text-filter";
import { Tree } from "./tree";

interface Props {
  paths: readonly string[];
  chosen?: string;
  onChoose: (path: string) => void;
  /** What stands behind a file's name. */
  mark?: (path: string) => React.ReactNode;
  field?: React.RefObject<HTMLInputElement | null>;
}

/** Files in their folders, with a filter by text. */
export function FileTree({ paths, chosen, onChoose, mark, field }: Props) {
  const [text, setText] = useState("");
  const [set, setOpen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const isOpen = (folder: string) => text !== "" || (set.get(folder) ?? isOpenAtFirst(folder, paths.length, chosen));
  const toggle = (folder: string, isNowOpen: boolean) => setOpen(new Map(set).set(folder, isNowOpen));
  const rows = fileRows(filterPaths(paths, text), isOpen);
  return (
    <>
      <div className="flex-none px-4 pb-2">
        <TextFilter value={text} onChange={setText} placeholder="Find a file" field={field} className="w-full" />
      </div>
      {rows.length > 0 ? (
        <Tree
          label="Files"
          className="min-h-0 flex-1 overflow-auto pb-2"
          rows={rows.map((row) => ({
            key: row.path,
            label: row.name,
            depth: row.depth,
            isOpen: row.isFolder ? isOpen(row.path) : undefined,
            end: row.isFolder ? undefined : mark?.(row.path),
          }))}
          chosen={chosen}
          onChoose={(path) =>
            rows.some((row) => row.isFolder && row.path === path) ? toggle(path, !isOpen(path)) : onChoose(path)
          }
          onToggle={toggle}
        />
      ) : (
        <EmptyState title={text ? `No file has “${text}” in its path.` : "There are no files."} />
      )}
    </>
  );
}
