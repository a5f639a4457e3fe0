import { Link, useRouterState } from "@tanstack/react-router";
import { Menu as MenuGlyph } from "lucide-react";
import { useState } from "react";
import { Sheet } from "@/components/ui/dialog";
import { cn } from "@/lib/cn";
import { type Entry, GROUPS } from "./entries";

const ENTRIES = GROUPS.flat();
const SHOWN = ENTRIES.slice(0, 4);
const MORE = ENTRIES.slice(4);
const ITEM = "flex flex-col items-center justify-center gap-[3px] text-[11px] leading-3";

/** The navigation of narrow screens: four pages and the rest behind a fifth entry. */
export function TabBar() {
  const [isOpen, setOpen] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isOn = (entry: Entry) => (entry.to === "/" ? path === "/" : path.startsWith(entry.to));
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
      <Sheet open={isOpen} onOpenChange={setOpen} title="Pages" className="w-[280px]">
        {MORE.map((entry) => (
          <Link
            key={entry.to}
            to={entry.to}
            onClick={() => setOpen(false)}
            className="flex h-11 items-center gap-3 border-line border-b px-4"
          >
            <entry.icon size={16} strokeWidth={1.75} className="text-text-3" />
            {entry.label}
          </Link>
        ))}
      </Sheet>
    </nav>
  );
}
