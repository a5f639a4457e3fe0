import type { Schemas } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Note } from "@/components/ui/note";
import { RelativeTime } from "@/components/ui/time";
import { followOverride, followVerb, overrideWords } from "@/lib/standing";
import { useAct } from "./use-act";

/** That the source is not followed as the settings say: what holds it, by whom, why and since when, and the way back. */
export function OverrideLine({ workspace }: { workspace: Schemas["WorkspaceItem"] }) {
  const open = useAct();
  const override = followOverride(workspace);
  if (!override) return null;
  const words = overrideWords(override);
  return (
    <Note
      state="suspended"
      action={
        <Button size="sm" onClick={() => open("resume")}>
          {followVerb(override)}
        </Button>
      }
    >
      {words[0]?.toUpperCase()}
      {words.slice(1)}, <RelativeTime at={override.at} className="text-text-3" />
    </Note>
  );
}
