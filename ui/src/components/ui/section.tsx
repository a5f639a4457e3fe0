import { cn } from "@/lib/cn";

interface Props {
  title: React.ReactNode;
  /** A count or a remark behind the title. */
  remark?: React.ReactNode;
  /** A link or buttons at the right. */
  actions?: React.ReactNode;
  children: React.ReactNode;
  className?: string;
}

/** A part of a page under its head. */
export function Section({ title, remark, actions, children, className }: Props) {
  return (
    <section className={cn("border-line border-b last:border-b-0", className)}>
      <div className="flex h-9 items-center gap-2 whitespace-nowrap px-4">
        <h2 className="font-semibold text-13">{title}</h2>
        <span className="min-w-0 truncate text-12 text-text-3">{remark}</span>
        {actions && <span className="ml-auto flex items-center gap-2 text-12 text-text-3">{actions}</span>}
      </div>
      {children}
    </section>
  );
}
