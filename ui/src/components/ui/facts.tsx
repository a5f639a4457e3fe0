import { cn } from "@/lib/cn";

/** Facts in one line, each under its label. */
export function Facts({ children, className }: { children: React.ReactNode; className?: string }) {
  return (
    <dl
      className={cn(
        "flex flex-none gap-x-7 gap-y-2 overflow-hidden border-line border-b px-4 py-2.5 max-lg:flex-wrap [&_dd]:tabular-nums",
        className,
      )}
    >
      {children}
    </dl>
  );
}

interface FactProps {
  label: string;
  children: React.ReactNode;
  className?: string;
}

export function Fact({ label, children, className }: FactProps) {
  return (
    <div className={cn("max-w-full flex-none", className)}>
      <dt className="whitespace-nowrap text-11 text-text-3">{label}</dt>
      <dd className="flex min-h-5 items-center gap-1.5 truncate whitespace-nowrap font-medium text-13">{children}</dd>
    </div>
  );
}
