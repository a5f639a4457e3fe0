import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { fileQuery, filesQuery } from "@/api/files";
import { firstFile } from "@/lib/file-tree";
import { baseOf, type Edited, isOld } from "./bases";
import { problemsByFile } from "./check-view";
import type { EditorSession } from "./code-editor";
import { type Draft, pathsOf, reverted, withPath, withText } from "./draft";
import { useCheck } from "./use-check";
import { useDraft } from "./use-draft";
import { useVocabulary } from "./use-vocabulary";

/**
 * A workspace's files with the edits of this tab, and the server's check of them. Without a chosen file it is one with
 * mistakes, else one that is edited, else the first workflow file.
 */
export function useEditor(workspace: string, latest: Edited, chosen: string | undefined, mistaken: string | undefined) {
  const { draft, setDraft, hasEdits, isKept } = useDraft(workspace, latest);
  const session = useRef<EditorSession>({ states: new Map() });
  const [resets, setResets] = useState(0);
  const base = baseOf(draft);
  const hasMoved = hasEdits && isOld(draft, latest);
  const files = useQuery(filesQuery(workspace, base));
  const items = useMemo(() => files.data?.items ?? [], [files.data]);
  const known = useMemo(() => items.map((item) => item.path), [items]);
  const path = chosen ?? mistaken ?? Object.keys(draft.files)[0] ?? firstFile(known);
  const edited = path === undefined ? undefined : draft.files[path];
  const written = useRef("");
  const isInBase = path !== undefined && known.includes(path);
  const file = useQuery({ ...fileQuery(workspace, base, path ?? ""), enabled: isInBase });
  // What is typed stays when the file below it changes, so the version is that of the file before its edit.
  if (!edited) written.current = file.data?.revision ?? "";
  // A revision that became no release has no number: once another one is seen, its files cannot be had.
  const checked = useCheck(workspace, draft, !(hasMoved && draft.release === null));
  const problemsOf = useMemo(() => problemsByFile(checked.check), [checked.check]);
  const baseText = edited ? edited.base : (file.data?.text ?? null);

  const change = useCallback(
    (edit: (draft: Draft) => Draft, isOutside: boolean) => {
      setDraft((before) => {
        const isBegun = before !== undefined && Object.keys(before.files).length > 0;
        return edit(isBegun ? before : { release: draft.release, revision: draft.revision, files: {} });
      });
      if (isOutside) setResets((number) => number + 1);
    },
    [setDraft, draft.release, draft.revision],
  );

  return {
    session: session.current,
    ...{ path, draft, hasEdits, isKept, hasMoved, base, files, file, items, edited, isInBase, problemsOf, checked },
    paths: useMemo(() => pathsOf(known, draft), [known, draft]),
    text: edited ? edited.text : baseText,
    version: `${resets} ${written.current}`,
    vocabulary: useVocabulary(path, items),
    write: (text: string) => path !== undefined && change((one) => withText(one, path, baseText, text), false),
    create: (to: string) => change((one) => withText(one, to, null, ""), true),
    remove: () => path !== undefined && change((one) => withText(one, path, baseText, null), true),
    rename: (to: string) =>
      path !== undefined && change((one) => withPath(one, path, baseText, to, one.files[to]?.base ?? null), true),
    revert: (one: string) => change((before) => reverted(before, one), true),
    replace: (next: Draft) => change(() => next, true),
  };
}

export type Editor = ReturnType<typeof useEditor>;
