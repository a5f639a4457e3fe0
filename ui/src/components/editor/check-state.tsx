import { StateWord } from "@/components/ui/state-word";
import { counted } from "@/lib/number";
import { faultsOf } from "./check-view";
import type { Editor } from "./use-editor";

/** How the last check ended, or that one is on its way. */
export function CheckState({ editor, className }: { editor: Editor; className?: string }) {
  const { check, isCurrent, error } = editor.checked;
  if (error || (!check && editor.hasMoved)) return null;
  const faults = check ? faultsOf(check) : 0;
  return (
    <span role="status" className={className}>
      {!check || !isCurrent ? (
        <StateWord state="pending" word="Checking" className="text-12" />
      ) : faults > 0 ? (
        <StateWord state="failed" word={counted(faults, "mistake")} className="text-12" />
      ) : (
        <StateWord state="completed" word="Valid" className="text-12" />
      )}
    </span>
  );
}
