import { cn } from "@/lib/cn";

/** Classes of the link in a head; it can be pressed above and below its words. */
export const MORE = "-my-1.5 py-1.5 hover:text-text hover:underline pointer-coarse:-my-3 pointer-coarse:py-3";

/** A row of one line on Home: a glyph, words, and something at the right. */
export function Line({ children, className }: { children: React.ReactNode; className?: string }) {
  return (
    <div
      className={cn(
        "grid h-7 grid-cols-[14px_minmax(0,1fr)_auto] items-center gap-x-2.5 px-4 hover:bg-hover max-sm:h-9",
        className,
      )}
    >
      {children}
    </div>
  );
}

/** Words in the place of a list that has nothing in it. */
export function Nothing({ children }: { children: React.ReactNode }) {
  return <p className="px-4 pb-3 text-text-3">{children}</p>;
}
