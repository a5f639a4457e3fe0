import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { checkQuery } from "@/api/edit";
import { baseOf } from "./bases";
import { type Draft, textsOf } from "./draft";

const REST_MS = 350;

/** The server's check of a draft, made anew when typing rests; the former one is given up. */
export function useCheck(workspace: string, draft: Draft, isOn: boolean) {
  const [settled, setSettled] = useState({ draft, version: 0 });
  useEffect(() => {
    const timer = setTimeout(() => setSettled((before) => next(before, draft)), REST_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  const version = `${settled.draft.revision} ${settled.version}`;
  const check = useQuery({
    ...checkQuery(workspace, baseOf(settled.draft), version, textsOf(settled.draft)),
    enabled: isOn,
  });
  const isCurrent = isSame(settled.draft, draft) && !check.isPlaceholderData && !check.isFetching;
  return { check: isOn ? check.data : undefined, error: check.error, retry: check.refetch, isCurrent };
}

function next(before: { draft: Draft; version: number }, draft: Draft) {
  return isSame(before.draft, draft) ? before : { draft, version: before.version + 1 };
}

function isSame(a: Draft, b: Draft): boolean {
  if (a.release !== b.release || a.revision !== b.revision) return false;
  const [ours, others] = [Object.entries(a.files), Object.entries(b.files)];
  return ours.length === others.length && ours.every(([path, file]) => b.files[path]?.text === file.text);
}
