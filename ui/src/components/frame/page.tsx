import { Link } from "@tanstack/react-router";
import { Fragment, useEffect } from "react";
import { Kbd } from "@/components/ui/kbd";
import { cn } from "@/lib/cn";
import { count } from "@/lib/number";
import { NotLive } from "./not-live";

interface Crumb {
  label: string;
  to?: string;
}

interface Props {
  /** The pages above this one. */
  crumbs?: Crumb[];
  title: React.ReactNode;
  /** What the browser's tab says, when the title is no text. */
  tab?: string;
  /** Words behind the title, which are cut before it is, or a state, which is never cut. */
  remark?: React.ReactNode;
  /** Verbs at the right; the primary one last. */
  actions?: React.ReactNode;
  children: React.ReactNode;
  className?: string;
}

/** A page: its top line, and below it whatever fills the rest. Telephones show the page above in small. */
export function Page({ crumbs = [], title, tab, remark, actions, children, className }: Props) {
  const above = crumbs.slice(1).findLast((crumb) => crumb.to);
  useTabTitle(tab ?? (typeof title === "string" ? title : "Strøm"));
  return (
    <main className="flex min-h-0 min-w-0 flex-1 flex-col overflow-hidden bg-surface">
      <header className="flex h-11 flex-none items-center gap-2 whitespace-nowrap border-line border-b px-4">
        <div className="flex h-5 min-w-0 items-center gap-1.5 text-text-3 max-sm:h-auto max-sm:flex-col max-sm:items-start max-sm:gap-0">
          {crumbs.map((crumb, index) => (
            <span
              key={crumb.label + crumb.to}
              className={cn(
                "flex gap-1.5 max-sm:w-full max-sm:text-11 max-sm:leading-[14px]",
                index === 0 ? "flex-none" : "min-w-9 shrink-[99999]",
                crumb !== above && "max-sm:hidden",
              )}
            >
              {crumb.to ? (
                <Link to={crumb.to} className="truncate hover:text-text">
                  {crumb.label}
                </Link>
              ) : (
                <span className="truncate">{crumb.label}</span>
              )}
              <span className="max-sm:hidden">/</span>
            </span>
          ))}
          <h1 className="min-w-0 max-w-full truncate font-semibold text-14 text-text">{title}</h1>
        </div>
        {typeof remark === "string" ? (
          <div className="min-w-0 flex-1 truncate text-12 text-text-3 tabular-nums">{remark}</div>
        ) : (
          <div className="flex flex-none items-center gap-2 text-12 text-text-3">{remark}</div>
        )}
        <div className="ml-auto flex flex-none items-center gap-2">{actions}</div>
      </header>
      <NotLive />
      <div className={cn("flex min-h-0 flex-1 flex-col overflow-auto", className)}>{children}</div>
    </main>
  );
}

/** Names the browser's tab. */
export function useTabTitle(title: string): void {
  useEffect(() => {
    document.title = title === "Strøm" ? title : `${title} · Strøm`;
  }, [title]);
}

interface FootProps {
  /** Keys of the page, of two in a row with a space between, and what they do. */
  keys: readonly (readonly [keys: string, words: string])[];
  /** Counts. */
  children?: React.ReactNode;
}

/** The line at the bottom of a page: counts at the left, keys at the right. */
export function PageFoot({ keys, children }: FootProps) {
  return (
    <footer className="flex h-7 flex-none items-center gap-3 border-line border-t px-4 text-12 text-text-3 max-sm:hidden">
      {children}
      <span className="ml-auto flex items-center gap-1.5">
        {[...keys, ["?", "all keys"] as const].map(([names, words]) => (
          <Fragment key={names}>
            {names.split(" ").map((name) => (
              <Kbd key={name}>{name}</Kbd>
            ))}{" "}
            {words}{" "}
          </Fragment>
        ))}
      </span>
    </footer>
  );
}

/** How many of all are shown; nothing until that is known. */
export function ShownOf({ shown, total }: { shown: number; total: number | undefined }) {
  return total === undefined ? null : (
    <span className="tabular-nums">
      {count(shown)} of {count(total)}
    </span>
  );
}
