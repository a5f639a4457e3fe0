import { messageOf } from "@/api/error";
import { StateGlyph } from "./state-glyph";

/** Why something that was asked for was not done, where it was asked for; nothing without an error. */
export function ErrorLine({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p role="alert" className="flex items-start gap-1.5 text-failed [overflow-wrap:anywhere]">
      <StateGlyph state="failed" label="" className="mt-[3px]" />
      <span className="min-w-0">{messageOf(error)}</span>
    </p>
  );
}
