import type { TaskRow } from "./rows";

/** A workspace or a folder of tasks with the number of tasks in it and below. */
export interface Branch {
  key: string;
  label: string;
  workspace: string;
  folder?: string;
  depth: number;
  count: number;
  children: Branch[];
}

/** The workspaces and their folders, by name. */
export function treeOf(rows: readonly TaskRow[]): Branch[] {
  const roots = new Map<string, Branch>();
  const all = new Map<string, Branch>();
  for (const row of rows) {
    let branch = roots.get(row.workspace);
    if (!branch) {
      branch = { key: row.workspace, label: row.workspace, workspace: row.workspace, depth: 0, count: 0, children: [] };
      roots.set(row.workspace, branch);
    }
    branch.count += 1;
    const names = row.folder.split("/").filter(Boolean);
    for (const [index, label] of names.entries()) {
      const folder = names.slice(0, index + 1).join("/");
      const key = `${row.workspace}/${folder}`;
      let child = all.get(key);
      if (!child) {
        child = { key, label, workspace: row.workspace, folder, depth: index + 1, count: 0, children: [] };
        all.set(key, child);
        branch.children.push(child);
      }
      child.count += 1;
      branch = child;
    }
  }
  return [...roots.values()];
}

/** The branches that are shown, in order: those below a closed one are not. */
export function openBranches(tree: readonly Branch[], isClosed: (key: string) => boolean): Branch[] {
  return tree.flatMap((branch) =>
    isClosed(branch.key) ? [branch] : [branch, ...openBranches(branch.children, isClosed)],
  );
}
