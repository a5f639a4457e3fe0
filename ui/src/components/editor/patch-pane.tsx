import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import type { CheckedEdit } from "@/api/edit";
import { CodeBox } from "@/components/ui/code-line";
import { CommandLine } from "@/components/ui/command-line";
import { EmptyState } from "@/components/ui/empty-state";
import { ChangeSign } from "@/components/ui/plan-definition";
import { StateGlyph } from "@/components/ui/state-glyph";
import { DiffCounts, UnifiedDiff } from "@/components/ui/unified-diff";
import { patchFiles } from "./patch";

interface Props {
  check: CheckedEdit;
  workspace: Schemas["WorkspaceItem"];
  /** The name of the patch when it is downloaded. */
  name: string;
}

/** The edit as a patch: how it is applied, what it lacks, and its lines. */
export function PatchPane({ check, workspace, name }: Props) {
  const files = useMemo(() => patchFiles(check.patch), [check.patch]);
  if (files.length === 0 && check.not_in_patch.length === 0)
    return <EmptyState title="Nothing is edited yet, so there is no patch." />;
  const isGit = workspace.source_type === "git";
  return (
    <div className="flex flex-col pt-3">
      {check.not_in_patch.map(({ path, reason }) => (
        <p key={path} className="flex items-start gap-2 px-4 pb-3 text-text-2">
          <StateGlyph state="waiting" label="Not in the patch" className="mt-0.5" />
          <span className="min-w-0 [overflow-wrap:anywhere]">
            <b className="font-medium text-text">{path}</b> is not in the patch: {reason}. Edit it in{" "}
            {isGit ? "git" : "the folder"}.
          </span>
        </p>
      ))}
      {files.length > 0 && (
        <div className="flex flex-col gap-2 px-4 pb-3 text-text-2">
          <p className="[overflow-wrap:anywhere]">
            {isGit ? "In a clone of " : "In the folder "}
            <code className="text-12">{workspace.origin ?? workspace.name}</code>
            {isGit && (
              <>
                , at <code className="text-12">{check.revision.slice(0, 12)}</code> or later
              </>
            )}
            :
          </p>
          <CommandLine command={`git apply ${isGit ? "--index " : ""}~/Downloads/${name}`} />
          {isGit && <CommandLine command='git commit -m "What changes, and why" && git push' />}
        </div>
      )}
      {files.map((file) => (
        <CodeBox
          key={file.path}
          head={
            <>
              <ChangeSign change={file.change} />
              <b className="min-w-0 truncate font-medium">{file.path}</b>
              <span className="ml-auto" />
              {file.lines.length > 0 && <DiffCounts lines={file.lines} />}
            </>
          }
        >
          {file.lines.length > 0 && <UnifiedDiff lines={file.lines} />}
        </CodeBox>
      ))}
    </div>
  );
}
