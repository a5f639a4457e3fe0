import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { cn } from "@/lib/cn";
import { count } from "@/lib/number";
import { store, stored } from "@/lib/storage";
import type { TasksSearch } from "./search";
import { type Branch, openBranches } from "./tree";

interface Props {
  tree: Branch[];
  total: number;
  search: TasksSearch;
  onChoose: (place: Pick<TasksSearch, "workspace" | "folder">) => void;
}

const ROW = "flex h-7 w-full items-center gap-1 pr-3 text-left";

/** Workspaces and folders with their counts; the chosen one limits the list. Arrow keys move, open and close. */
export function TreePane({ tree, total, search, onChoose }: Props) {
  const [closed, setClosed] = useState<readonly string[]>(() => stored("tasks.closed", []));
  const close = (key: string, isClosed: boolean) => {
    const next = isClosed ? [...closed, key] : closed.filter((one) => one !== key);
    setClosed(next);
    store("tasks.closed", next);
  };
  const branches = openBranches(tree, (key) => closed.includes(key));
  const chosen = search.workspace ? [search.workspace, search.folder].filter(Boolean).join("/") : "";
  const onKeyDown = (event: React.KeyboardEvent) => {
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=treeitem]")];
    const index = items.indexOf(document.activeElement as HTMLElement);
    const branch = branches[index - 1];
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) items[index + step]?.focus();
    else if (event.key === "ArrowRight" && branch?.children.length) close(branch.key, false);
    else if (event.key === "ArrowLeft" && branch && !closed.includes(branch.key) && branch.children.length)
      close(branch.key, true);
    else if (event.key === "Enter" || event.key === " ")
      onChoose({ workspace: branch?.workspace, folder: branch?.folder });
    else return;
    event.preventDefault();
  };
  return (
    <div
      role="tree"
      aria-label="Folders"
      onKeyDown={onKeyDown}
      className="w-[216px] flex-none overflow-auto border-line border-r py-2 max-sm:hidden"
    >
      <TreeItem isChosen={!chosen} depth={0} count={total} onChoose={() => onChoose({})} isFocusable={!chosen}>
        <span className="w-4" />
        All workspaces
      </TreeItem>
      {branches.map((branch) => {
        const isOpen = !closed.includes(branch.key);
        const hasChildren = branch.children.length > 0;
        return (
          <TreeItem
            key={branch.key}
            isChosen={chosen === branch.key}
            isFocusable={chosen === branch.key}
            isOpen={hasChildren ? isOpen : undefined}
            depth={branch.depth}
            count={branch.count}
            onChoose={() => onChoose({ workspace: branch.workspace, folder: branch.folder })}
          >
            <span
              className="grid size-4 flex-none place-items-center text-text-3"
              aria-hidden="true"
              onClick={(event) => {
                if (!hasChildren) return;
                event.stopPropagation();
                close(branch.key, isOpen);
              }}
            >
              {hasChildren && <ChevronRight size={13} className={cn("transition-transform", isOpen && "rotate-90")} />}
            </span>
            <span className={cn("truncate", branch.depth === 0 && "font-medium")} title={branch.label}>
              {branch.label}
            </span>
          </TreeItem>
        );
      })}
    </div>
  );
}

interface ItemProps {
  isChosen: boolean;
  isFocusable: boolean;
  isOpen?: boolean;
  depth: number;
  count: number;
  onChoose: () => void;
  children: React.ReactNode;
}

function TreeItem({ isChosen, isFocusable, isOpen, depth, count: amount, onChoose, children }: ItemProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree hears the keys
    <div
      role="treeitem"
      aria-selected={isChosen}
      aria-expanded={isOpen}
      aria-level={depth + 1}
      tabIndex={isFocusable ? 0 : -1}
      onClick={onChoose}
      style={{ paddingLeft: 8 + depth * 14 }}
      className={cn(ROW, isChosen ? "bg-accent-tint" : "hover:bg-hover")}
    >
      {children}
      <span className="ml-auto pl-2 text-11 text-text-3 tabular-nums">{count(amount)}</span>
    </div>
  );
}
