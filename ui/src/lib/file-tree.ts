/** A folder or a file of a tree, by its path. */
export interface FileNode {
  path: string;
  name: string;
  depth: number;
  isFolder: boolean;
}

/** Folders that are open at first: all of a small tree but those of libraries. */
const SMALL = 60;
const LIBRARIES = "_libraries";

/** The folders and files of paths, folders first, each below its folder; `isOpen` says which folders show what they hold. */
export function fileRows(paths: readonly string[], isOpen: (folder: string) => boolean): FileNode[] {
  const children = new Map<string, FileNode[]>();
  const folders = new Set<string>();
  const add = (path: string, isFolder: boolean) => {
    const parts = path.split("/");
    const parent = parts.slice(0, -1).join("/");
    if (parent && !folders.has(parent)) {
      folders.add(parent);
      add(parent, true);
    }
    const node = { path, name: parts.at(-1) ?? "", depth: parts.length - 1, isFolder };
    const siblings = children.get(parent);
    if (siblings) siblings.push(node);
    else children.set(parent, [node]);
  };
  for (const path of paths) add(path, false);
  const shown = (folder: string): FileNode[] =>
    (children.get(folder) ?? [])
      .sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || compare(a.name, b.name))
      .flatMap((node) => (node.isFolder && isOpen(node.path) ? [node, ...shown(node.path)] : [node]));
  return shown("");
}

/** The paths that hold all words of a text, whatever their case. */
export function filterPaths(paths: readonly string[], text: string): string[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return paths.filter((path) => words.every((word) => path.toLowerCase().includes(word)));
}

/** Whether a folder is open before anybody opened or closed it. */
export function isOpenAtFirst(folder: string, total: number, chosen?: string): boolean {
  if (chosen?.startsWith(`${folder}/`)) return true;
  if (folder.split("/")[0] === LIBRARIES) return false;
  return total <= SMALL || folder === ".workflows";
}

/** The file that is shown before one is chosen: the first workflow file, else the first of all. */
export function firstFile(paths: readonly string[]): string | undefined {
  return paths.find((path) => /^\.workflows\/.*\.ya?ml$/.test(path)) ?? paths[0];
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
