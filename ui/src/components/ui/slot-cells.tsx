import { cn } from "@/lib/cn";

interface Props {
  used: number;
  /** Null of older workers, which do not tell. */
  slots: number | null;
  className?: string;
}

const MOST = 32;

/** The slots of a worker as cells, taken ones filled; many are drawn as a bar. */
export function SlotCells({ used, slots, className }: Props) {
  const label = slots === null ? `${used} taken` : `${used} of ${slots} slots taken`;
  const total = Math.max(slots ?? used, 1);
  const isBar = total > MOST;
  return (
    <span role="img" aria-label={label} title={label} className={cn("flex h-2 gap-[2px]", className)}>
      {isBar ? (
        <span className="block h-full flex-1 overflow-hidden rounded-1 bg-line-2">
          <span className="block h-full bg-running-fill" style={{ width: `${(used / total) * 100}%` }} />
        </span>
      ) : (
        Array.from({ length: total }, (_, index) => (
          <span
            key={index}
            className={cn("h-full flex-1 rounded-[1px]", index < used ? "bg-running-fill" : "bg-line-2")}
          />
        ))
      )}
    </span>
  );
}
