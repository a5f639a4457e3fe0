import type { Schemas } from "@/api/client";
import { StateGlyph } from "@/components/ui/state-glyph";
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
    <p className="flex flex-none items-start gap-2 border-line border-b px-4 py-2 text-text-2">
      <StateGlyph state="suspended" label="" className="mt-[3px] flex-none" />
      <span className="min-w-0 [overflow-wrap:anywhere]">
        {words[0]?.toUpperCase()}
        {words.slice(1)}, <RelativeTime at={override.at} className="text-text-3" />
      </span>
      <button type="button" onClick={() => open("resume")} className="ml-auto flex-none text-accent hover:underline">
        {followVerb(override)}
      </button>
    </p>
  );
}
