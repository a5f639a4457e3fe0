import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

interface Props extends Omit<ComponentProps<"button">, "value"> {
  /** The value that is set; without one the chip shows its name alone. */
  value?: React.ReactNode;
  isSet?: boolean;
  hasMenu?: boolean;
}

/** A filter in a bar: its name, and its value when it is set. */
export function Chip({ value, isSet = value !== undefined, hasMenu, className, children, ...props }: Props) {
  return (
    <button
      type="button"
      className={cn(
        "inline-flex h-6 flex-none items-center gap-[5px] whitespace-nowrap rounded-2 border px-2 text-12 text-text-2 transition-colors duration-(--fast) pointer-coarse:h-9",
        isSet ? "border-accent-line bg-accent-tint" : "border-line bg-surface hover:bg-hover",
        className,
      )}
      {...props}
    >
      {children}
      {value !== undefined && <span className="max-w-[180px] truncate font-medium text-text">{value}</span>}
      {hasMenu && <ChevronDown size={12} aria-hidden />}
    </button>
  );
}
