import { useState } from "react";
import { Tree } from "@/components/ui/tree";
import { count } from "@/lib/number";
import { isListOf, isText, store, stored } from "@/lib/storage";
import type { TasksSearch } from "./search";
import { type Branch, openBranches } from "./tree";

interface Props {
  tree: Branch[];
  total: number;
  search: TasksSearch;
  onChoose: (place: Pick<TasksSearch, "workspace" | "folder">) => void;
}

const ALL = "";

/** Workspaces and folders with their counts; the chosen one limits the list. */
export function TreePane({ tree, total, search, onChoose }: Props) {
  const [closed, setClosed] = useState<readonly string[]>(() =>
    stored<readonly string[]>("tasks.closed", isListOf(isText), []),
  );
  const toggle = (key: string, isOpen: boolean) => {
    const next = isOpen ? closed.filter((one) => one !== key) : [...closed, key];
    setClosed(next);
    store("tasks.closed", next);
  };
  const branches = openBranches(tree, (key) => closed.includes(key));
  return (
    <Tree
      label="Folders"
      className="w-[216px] flex-none overflow-auto border-line border-r py-2 max-sm:hidden"
      rows={[
        { key: ALL, label: "All workspaces", depth: 0, end: count(total) },
        ...branches.map((branch) => ({
          key: branch.key,
          label: branch.label,
          depth: branch.depth,
          isOpen: branch.children.length > 0 ? !closed.includes(branch.key) : undefined,
          isStrong: branch.depth === 0,
          end: count(branch.count),
        })),
      ]}
      chosen={search.workspace ? [search.workspace, search.folder].filter(Boolean).join("/") : ALL}
      onChoose={(key) => {
        const branch = branches.find((one) => one.key === key);
        onChoose({ workspace: branch?.workspace, folder: branch?.folder });
      }}
      onToggle={toggle}
    />
  );
}
