import { readTexts } from "@/lib/search";

/** What the URL says of the files that are looked at. */
export interface FilesSearch {
  /** The path of the file that is shown. */
  file?: string;
  /** The line that is linked to, from 1. */
  line?: number;
  /** Whether the files are those of the revision last seen, which became no release. */
  newest?: true;
}

export function readFilesSearch(raw: Record<string, unknown>): FilesSearch {
  return {
    ...readTexts(raw, ["file"]),
    line: Number(raw["line"]) > 0 ? Math.trunc(Number(raw["line"])) : undefined,
    newest: raw["newest"] === true || undefined,
  };
}
