import { ChevronRight } from "lucide-react";
import { StateGlyph } from "@/components/ui/state-glyph";
import { RelativeTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { count } from "@/lib/number";
import type { Reason } from "./reasons";

interface Props {
  reason: Reason;
  isOpen: boolean;
  onToggle: () => void;
  children: React.ReactNode;
}

/** What steps wait for, how many and why; opened, each of them. */
export function ReasonGroup({ reason, isOpen, onToggle, children }: Props) {
  return (
    <section className="border-line border-b" data-reason={reason.name}>
      <h2>
        <button
          type="button"
          aria-expanded={isOpen}
          className="grid w-full grid-cols-[14px_14px_236px_56px_minmax(0,1fr)_max-content] items-center gap-x-2.5 px-4 py-1.5 text-left hover:bg-hover max-sm:grid-cols-[14px_14px_minmax(0,1fr)_max-content]"
          onClick={onToggle}
        >
          <ChevronRight
            size={14}
            className={cn("text-text-3 transition-transform duration-(--fast)", isOpen && "rotate-90")}
          />
          <StateGlyph state={reason.state} />
          <span className="min-w-0 truncate font-medium">{reason.words}</span>
          <span className="text-right text-text-2 tabular-nums">{count(reason.count)}</span>
          <span
            className={cn(
              "truncate max-sm:col-span-2 max-sm:col-start-3",
              reason.state === "failed" ? "text-failed" : "text-text-2",
            )}
            title={reason.why}
          >
            {reason.why}
          </span>
          <span className="text-text-3 tabular-nums max-sm:hidden">
            {reason.since && (
              <>
                since <RelativeTime at={reason.since} />
              </>
            )}
          </span>
        </button>
      </h2>
      {isOpen && children}
    </section>
  );
}
