import type { Schemas } from "@/api/client";
import { useWorkspaceAct } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { RelativeTime } from "@/components/ui/time";
import { personName } from "@/lib/person";

/** What people set at run time against git, by whom and why, and the way back. */
export function DriftPane({ workspace }: { workspace: Schemas["WorkspaceItem"] }) {
  const drop = useWorkspaceAct(workspace.name, "drift/drop", false);
  const drift = workspace.drift ?? [];
  if (drift.length === 0)
    return <EmptyState title="Nothing is set against git: the workspace is as its source says." />;
  return (
    <div className="flex flex-col gap-3 p-4">
      <ul>
        {drift.map((one) => (
          <li key={`${one.kind} ${one.name}`} className="flex min-h-8 items-center gap-3 border-line border-b">
            <span className="font-medium">
              {one.kind.replace("_", " ")}
              {one.kind === "trigger_paused" ? `: ${one.name}` : ""}
            </span>
            <span className="text-text-2">
              by {personName(one.by)}
              {one.reason ? `: “${one.reason}”` : ""}
            </span>
            <RelativeTime at={one.at} className="ml-auto text-12 text-text-3" />
          </li>
        ))}
      </ul>
      <Button variant="danger" className="self-start" disabled={drop.isPending} onClick={() => drop.mutate({})}>
        Drop drift: be as git says
      </Button>
    </div>
  );
}
