import type { Schemas } from "@/api/client";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { RelativeTime } from "@/components/ui/time";
import { overrideWords } from "@/lib/standing";
import { useAct } from "./use-act";

/** What people set at run time against git, by whom and why, and the way back. */
export function DriftPane({ workspace }: { workspace: Schemas["WorkspaceItem"] }) {
  const open = useAct();
  const drift = workspace.drift ?? [];
  if (drift.length === 0)
    return <EmptyState title="Nothing is set against git: the workspace is as its source says." />;
  return (
    <div className="flex flex-col gap-3 p-4">
      <ul>
        {drift.map((one) => (
          <li key={`${one.kind} ${one.name}`} className="flex min-h-8 items-center gap-3 border-line border-b py-1">
            <span className="min-w-0">{overrideWords(one)}</span>
            <RelativeTime at={one.at} className="ml-auto flex-none text-12 text-text-3" />
          </li>
        ))}
      </ul>
      <Button variant="danger" className="self-start" onClick={() => open("drop")}>
        Drop drift: be as git says
      </Button>
    </div>
  );
}
