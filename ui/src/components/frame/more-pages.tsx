import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { Sheet } from "@/components/ui/dialog";
import type { Entry } from "./entries";

const LINE = "flex h-11 w-full items-center gap-3 border-line border-b px-4";

interface Props {
  entries: readonly Entry[];
  onFind: () => void;
  onClose: () => void;
}

/** The pages that have no place in the bar of narrow screens. */
export default function MorePages({ entries, onFind, onClose }: Props) {
  const find = () => {
    onClose();
    onFind();
  };
  return (
    <Sheet open onOpenChange={onClose} title="Pages" className="w-[280px]">
      <button type="button" onClick={find} className={LINE}>
        <Search size={16} strokeWidth={1.75} className="text-text-3" />
        Find or do
      </button>
      {entries.map((entry) => (
        <Link key={entry.to} to={entry.to} onClick={onClose} className={LINE}>
          <entry.icon size={16} strokeWidth={1.75} className="text-text-3" />
          {entry.label}
        </Link>
      ))}
    </Sheet>
  );
}
