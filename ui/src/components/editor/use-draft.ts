import { useEffect, useState } from "react";
import { storedInTab, storeInTab } from "@/lib/storage";
import { type Draft, isDraft } from "./draft";

/** The edits of a workspace in this tab, which outlive a reload. `latest` is what is edited until there are edits. */
export function useDraft(workspace: string, latest: Pick<Draft, "release" | "revision">) {
  const key = `draft.${workspace}`;
  const [kept, setKept] = useState<Draft | undefined>(() => storedInTab(key, isDraft));
  const [isKept, setIsKept] = useState(true);
  const hasEdits = kept !== undefined && Object.keys(kept.files).length > 0;
  useEffect(() => {
    setIsKept(storeInTab(key, hasEdits ? kept : undefined));
  }, [key, kept, hasEdits]);
  useEffect(() => {
    if (isKept) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isKept]);
  const draft: Draft = hasEdits ? kept : { release: latest.release, revision: latest.revision, files: {} };
  return { draft, setDraft: setKept, hasEdits, isKept };
}
