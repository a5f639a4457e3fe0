import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { schemaQuery } from "@/api/edit";
import type { FileItem } from "@/api/files";
import type { Vocabulary } from "./completion";

/** What the file may hold: by its path the schema of workflow files or of `.stroem.yaml`, and the workspace's names. */
export function useVocabulary(path: string | undefined, files: readonly FileItem[]): Vocabulary {
  const kind = kindOf(path ?? "");
  const schema = useQuery({ ...schemaQuery(kind ?? "workflow"), enabled: kind !== null }).data;
  return useMemo(() => {
    const names: Record<string, string[]> = {};
    for (const { kind, name } of files.flatMap((file) => file.definitions)) {
      names[kind] ??= [];
      names[kind].push(name);
    }
    return { schema: kind ? schema : undefined, names };
  }, [kind, schema, files]);
}

function kindOf(path: string): "workflow" | "workspace" | null {
  if (/^\.stroem\.ya?ml$/.test(path)) return "workspace";
  return /^\.workflows\/.*\.ya?ml$/.test(path) ? "workflow" : null;
}
