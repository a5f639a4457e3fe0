import { Link, useRouterState } from "@tanstack/react-router";
import { Menu as MenuGlyph } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { cn } from "@/lib/cn";
import { type Entry, GROUPS, isEntryOn } from "./entries";

const MorePages = lazy(() => import("./more-pages"));

const ENTRIES = GROUPS.flat();
const SHOWN = ENTRIES.slice(0, 4);
const MORE = ENTRIES.slice(4);
const ITEM = "flex flex-col items-center justify-center gap-[3px] text-[11px] leading-3";

/** The navigation of narrow screens: four pages and the rest behind a fifth entry. */
export function TabBar({ onFind }: { onFind: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isOn = (entry: Entry) => isEntryOn(entry, path);
  return (
    <nav
      aria-label="Main"
      className="grid h-[52px] flex-none grid-cols-5 border-line border-t bg-canvas text-text-3 sm:hidden"
    >
      {SHOWN.map((entry) => (
        <Link key={entry.to} to={entry.to} className={cn(ITEM, isOn(entry) && "font-medium text-accent")}>
          <entry.icon size={18} strokeWidth={1.75} />
          {entry.label}
        </Link>
      ))}
      <button type="button" onClick={() => setOpen(true)} className={cn(ITEM, MORE.some(isOn) && "text-accent")}>
        <MenuGlyph size={18} strokeWidth={1.75} />
        More
      </button>
      <Suspense>{isOpen && <MorePages entries={MORE} onFind={onFind} onClose={() => setOpen(false)} />}</Suspense>
    </nav>
  );
}
