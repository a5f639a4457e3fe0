import { ChevronRight } from "lucide-react";
import { cn } from "@/lib/cn";

export interface TreeRow {
  key: string;
  label: string;
  depth: number;
  /** Whether what is below is shown; undefined for a row that has nothing below. */
  isOpen?: boolean;
  isStrong?: boolean;
  /** Counts and marks at the right. */
  end?: React.ReactNode;
}

interface Props {
  label: string;
  rows: readonly TreeRow[];
  /** The key of the row that is shown beside the tree. */
  chosen?: string;
  onChoose: (key: string) => void;
  onToggle: (key: string, isOpen: boolean) => void;
  className?: string;
}

/** Rows with their children below them. Arrow keys move, open and close; Enter chooses. */
export function Tree({ label, rows, chosen, onChoose, onToggle, className }: Props) {
  const inReach = Math.max(
    rows.findIndex((row) => row.key === chosen),
    0,
  );
  const onKeyDown = (event: React.KeyboardEvent) => {
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=treeitem]")];
    const index = items.indexOf(document.activeElement as HTMLElement);
    const row = rows[index];
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) items[index + step]?.focus();
    else if (event.key === "ArrowRight" && row?.isOpen === false) onToggle(row.key, true);
    else if (event.key === "ArrowLeft" && row?.isOpen) onToggle(row.key, false);
    else if ((event.key === "Enter" || event.key === " ") && row) onChoose(row.key);
    else return;
    event.preventDefault();
  };
  return (
    <div role="tree" aria-label={label} onKeyDown={onKeyDown} className={className}>
      {rows.map((row, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the tree hears the keys
        <div
          key={row.key}
          role="treeitem"
          aria-selected={row.key === chosen}
          aria-expanded={row.isOpen}
          aria-level={row.depth + 1}
          tabIndex={index === inReach ? 0 : -1}
          onClick={() => onChoose(row.key)}
          style={{ paddingLeft: 8 + row.depth * 14 }}
          className={cn(
            "flex h-7 w-full items-center gap-1 pr-3 text-left pointer-coarse:h-9",
            row.key === chosen ? "bg-accent-tint" : "hover:bg-hover",
          )}
        >
          <span
            className="grid size-4 flex-none place-items-center text-text-3"
            aria-hidden="true"
            onClick={(event) => {
              if (row.isOpen === undefined) return;
              event.stopPropagation();
              onToggle(row.key, !row.isOpen);
            }}
          >
            {row.isOpen !== undefined && (
              <ChevronRight size={13} className={cn("transition-transform", row.isOpen && "rotate-90")} />
            )}
          </span>
          <span className={cn("min-w-0 truncate", row.isStrong && "font-medium")} title={row.label}>
            {row.label}
          </span>
          {row.end && <span className="ml-auto flex-none pl-2 text-11 text-text-3 tabular-nums">{row.end}</span>}
        </div>
      ))}
    </div>
  );
}
