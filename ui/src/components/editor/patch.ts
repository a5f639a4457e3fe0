/** A part of a patch for one file: its path and its lines behind the head. */
export interface PatchFile {
  path: string;
  change: "added" | "changed" | "removed";
  lines: string[];
}

/** The files of a patch as `git apply` takes it. */
export function patchFiles(patch: string): PatchFile[] {
  return patch
    .split(/^(?=diff --git )/m)
    .filter(Boolean)
    .map((part) => {
      const lines = part.replace(/\n$/, "").split("\n");
      const first = lines.findIndex((line) => line.startsWith("@@"));
      const head = lines.slice(0, first < 0 ? lines.length : first);
      const has = (words: string) => head.some((line) => line.startsWith(words));
      return {
        path: /^diff --git a\/(.*) b\/\1$/.exec(lines[0] ?? "")?.[1] ?? "",
        change: has("new file") ? "added" : has("deleted file") ? "removed" : "changed",
        lines: first < 0 ? [] : lines.slice(first),
      };
    });
}
