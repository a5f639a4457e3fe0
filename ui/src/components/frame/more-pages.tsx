import { Link } from "@tanstack/react-router";
import { Sheet } from "@/components/ui/dialog";
import type { Entry } from "./entries";

/** The pages that have no place in the bar of narrow screens. */
export default function MorePages({ entries, onClose }: { entries: readonly Entry[]; onClose: () => void }) {
  return (
    <Sheet open onOpenChange={onClose} title="Pages" className="w-[280px]">
      {entries.map((entry) => (
        <Link
          key={entry.to}
          to={entry.to}
          onClick={onClose}
          className="flex h-11 items-center gap-3 border-line border-b px-4"
        >
          <entry.icon size={16} strokeWidth={1.75} className="text-text-3" />
          {entry.label}
        </Link>
      ))}
    </Sheet>
  );
}
