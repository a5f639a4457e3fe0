import { Link, useRouterState } from "@tanstack/react-router";
import { Menu as MenuGlyph } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { cn } from "@/lib/cn";
import { type Entry, isEntryOn } from "./entries";
import { usePages } from "./use-pages";

const MorePages = lazy(() => import("./more-pages"));

const SHOWN = 4;
const ITEM = "flex flex-col items-center justify-center gap-[3px] text-[11px] leading-3";

/** The navigation of narrow screens: four pages and the rest behind a fifth entry. */
export function TabBar({ onFind }: { onFind: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const entries = usePages().flat();
  const more = entries.slice(SHOWN);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isOn = (entry: Entry) => isEntryOn(entry, path);
  return (
    <nav
      aria-label="Main"
      className="grid h-[52px] flex-none grid-cols-5 border-line border-t bg-canvas text-text-3 sm:hidden"
    >
      {entries.slice(0, SHOWN).map((entry) => (
        <Link key={entry.to} to={entry.to} className={cn(ITEM, isOn(entry) && "font-medium text-accent")}>
          <entry.icon size={18} strokeWidth={1.75} />
          {entry.label}
        </Link>
      ))}
      <button type="button" onClick={() => setOpen(true)} className={cn(ITEM, more.some(isOn) && "text-accent")}>
        <MenuGlyph size={18} strokeWidth={1.75} />
        More
      </button>
      <Suspense>{isOpen && <MorePages entries={more} onFind={onFind} onClose={() => setOpen(false)} />}</Suspense>
    </nav>
  );
}
