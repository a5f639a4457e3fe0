import { ChevronRight } from "lucide-react";
import { StateGlyph } from "@/components/ui/state-glyph";
import { cn } from "@/lib/cn";

interface Props {
  /** What the URL names it by. */
  name: string;
  isOpen: boolean;
  onToggle: () => void;
  title: React.ReactNode;
  words: React.ReactNode;
  times: React.ReactNode;
  /** The form, shown while it is open. */
  children: React.ReactNode;
}

/** Something that waits for an answer, in two lines; opened, with what is answered. */
export function Request({ name, isOpen, onToggle, title, words, times, children }: Props) {
  return (
    <li data-request={name} className="border-line border-b">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={onToggle}
        className={cn(
          "grid w-full grid-cols-[14px_minmax(0,1fr)_auto_14px] items-start gap-x-2.5 px-4 py-1.5 text-left hover:bg-hover",
          isOpen && "bg-accent-tint hover:bg-accent-tint",
        )}
      >
        <StateGlyph state="waiting" className="mt-[3px]" />
        {title}
        <span className="flex whitespace-nowrap pt-0.5 text-12 text-text-3 tabular-nums">{times}</span>
        <ChevronRight size={14} className={cn("mt-[3px] text-text-3", isOpen && "rotate-90")} aria-hidden />
        <span className="col-span-2 col-start-2 line-clamp-2 text-12 text-text-2">{words}</span>
      </button>
      {isOpen && <div className="px-4 pt-3 pb-4 pl-10 max-sm:pl-4">{children}</div>}
    </li>
  );
}
