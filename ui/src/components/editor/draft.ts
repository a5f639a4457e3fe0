import { isObject } from "@/lib/json";

/** An edited file: its text in the revision that is edited (null for a new file), and as it is now (null for a removed one). */
export interface EditedFile {
  base: string | null;
  text: string | null;
}

/** Edits of a release, or of a revision that became none. */
export interface Draft {
  release: number | null;
  revision: string;
  files: Readonly<Record<string, EditedFile>>;
}

/** Whether a kept value is a draft. */
export function isDraft(value: unknown): value is Draft {
  if (!isObject(value) || !isObject(value["files"]) || typeof value["revision"] !== "string") return false;
  const isText = (text: unknown) => text === null || typeof text === "string";
  return Object.values(value["files"]).every((file) => isObject(file) && isText(file["base"]) && isText(file["text"]));
}

export type FileChange = "added" | "changed" | "removed";

/** The draft with a file's text. A file that is again as it was is no longer in it. */
export function withText(draft: Draft, path: string, base: string | null, text: string | null): Draft {
  const files = { ...draft.files };
  const before = draft.files[path]?.base;
  const first = before === undefined ? base : before;
  if (text === first) delete files[path];
  else files[path] = { base: first, text };
  return { ...draft, files };
}

/** The draft with a file under another path. */
export function withPath(draft: Draft, path: string, base: string | null, to: string, toBase: string | null): Draft {
  const text = draft.files[path]?.text ?? base ?? "";
  return withText(withText(draft, path, base, null), to, toBase, text);
}

/** The draft without the edits of a file. */
export function reverted(draft: Draft, path: string): Draft {
  const files = { ...draft.files };
  delete files[path];
  return { ...draft, files };
}

export function changeOf(file: EditedFile | undefined): FileChange | undefined {
  if (!file) return undefined;
  return file.base === null ? "added" : file.text === null ? "removed" : "changed";
}

/** The texts that the server checks. */
export function textsOf(draft: Draft): Record<string, string | null> {
  return Object.fromEntries(Object.entries(draft.files).map(([path, { text }]) => [path, text]));
}

/** The paths of a revision and those of new files. */
export function pathsOf(paths: readonly string[], draft: Draft): string[] {
  const known = new Set(paths);
  return [...paths, ...Object.keys(draft.files).filter((path) => !known.has(path))];
}

/** Why a path cannot be that of a new file; null if it can. */
export function mistakeInPath(path: string, paths: readonly string[]): string | null {
  const parts = path.split("/");
  if (!path) return "A path is needed, such as .workflows/new.yaml.";
  if (parts.some((part) => ["", ".", "..", ".git"].includes(part.toLowerCase()) || part !== part.trim()))
    return "A path has names between slashes, and none of them is empty, a dot, two dots or .git.";
  if (parts[0] === "_libraries") return "Files of libraries are edited where the library is.";
  if (/["\\]|\p{Cc}/u.test(path)) return "A path has no quotes, backslashes or control characters.";
  if (paths.includes(path)) return "There is such a file.";
  if (paths.some((one) => one.startsWith(`${path}/`))) return "There is a folder of this name.";
  const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"));
  const blocked = folders.find((folder) => paths.includes(folder));
  return blocked ? `${blocked} is a file, not a folder.` : null;
}
