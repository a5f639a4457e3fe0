import { Search } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

const FRAME =
  "rounded-2 border border-line-2 bg-surface text-text placeholder:text-text-3 focus-visible:border-accent focus-visible:shadow-[0_0_0_3px_var(--accent-tint)] aria-invalid:border-failed-fill disabled:opacity-60";

/** A field of one line, 32 pixels high. */
export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={cn(FRAME, "h-(--h-control-lg) w-full min-w-0 px-2 text-14", className)} {...props} />;
}

/** A field of several lines. */
export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea className={cn(FRAME, "w-full min-w-0 px-2 py-1.5 text-14", className)} {...props} />;
}

/** A small search field with its glyph and, at the right, whatever belongs there: a key, a count. */
export function SearchInput({ className, children, ...props }: ComponentProps<"input">) {
  return (
    <label
      className={cn(
        "flex h-6 items-center gap-1.5 rounded-2 border border-line-2 bg-surface px-2 text-12 focus-within:border-accent focus-within:shadow-[0_0_0_3px_var(--accent-tint)] pointer-coarse:h-9 pointer-coarse:[&>kbd]:hidden",
        className,
      )}
    >
      <Search size={13} className="flex-none text-text-3" aria-hidden />
      <input
        type="search"
        className="w-full min-w-0 flex-1 bg-transparent shadow-none! outline-none [&::-webkit-search-cancel-button]:hidden"
        aria-label={props.placeholder}
        {...props}
      />
      {children}
    </label>
  );
}
