import { cn } from "@/lib/cn";

interface Props {
  /** 0 to 1; more is drawn as full. */
  share: number;
  label: string;
  className?: string;
  fill?: string;
}

/** A thin bar that is filled to a share. */
export function Meter({ share, label, className, fill = "bg-running-fill" }: Props) {
  const percent = Math.round(Math.min(Math.max(share, 0), 1) * 100);
  return (
    <span
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={cn("block h-1 overflow-hidden rounded-full bg-line", className)}
    >
      <span className={cn("block h-full", fill)} style={{ width: `${percent}%` }} />
    </span>
  );
}
