import type { Schemas } from "@/api/client";
import { CodeBox } from "./code-line";
import { ChangeSign, UsedBy } from "./plan-definition";
import { DiffCounts, UnifiedDiff } from "./unified-diff";

/** A file that changes, as a unified diff. */
export function PlanFile({ file }: { file: Schemas["FileChange"] }) {
  return (
    <CodeBox
      head={
        <>
          <ChangeSign change={file.change} />
          <b className="min-w-0 truncate font-medium">{file.path}</b>
          <UsedBy names={file.used_by} />
          {file.what.includes("mode") && (
            <span className="flex-none text-12 text-text-3">
              mode {file.old_mode} → {file.new_mode}
            </span>
          )}
          {file.by_hooks && <span className="flex-none text-12 text-text-3">used by hooks</span>}
          <span className="ml-auto" />
          {file.diff.length > 0 && <DiffCounts lines={file.diff} />}
        </>
      }
    >
      {file.diff.length > 0 && <UnifiedDiff lines={file.diff} />}
    </CodeBox>
  );
}
