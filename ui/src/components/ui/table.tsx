import { type ComponentProps, createContext, useContext } from "react";
import { cn } from "@/lib/cn";
import { MEDIUM, NARROW, useMedia } from "@/lib/media";

interface Column {
  label: string;
  /** Classes: a width, an alignment. */
  className?: string;
  /** The label is for screen readers only. */
  isQuiet?: boolean;
}

/** Classes of a head that stays in view. */
export const HEAD =
  "sticky top-0 z-[1] h-6 truncate border-line border-b bg-surface px-2 text-left font-medium text-11 text-text-3 first:pl-4 last:pr-4";

interface Props {
  columns: readonly Column[];
  children: React.ReactNode;
  className?: string;
  label?: string;
}

const ColumnsContext = createContext<readonly Column[]>([]);

/** A table whose head stays in view; rows are `Row`, cells `Cell`. */
export function Table({ columns, children, className, label }: Props) {
  return (
    <table aria-label={label} className={cn("w-full table-fixed", className)}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.label} scope="col" className={cn(HEAD, column.className)}>
              <span className={column.isQuiet ? "sr-only" : undefined}>{column.label}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <ColumnsContext value={columns}>{children}</ColumnsContext>
      </tbody>
    </table>
  );
}

interface RowProps extends ComponentProps<"tr"> {
  isCurrent?: boolean;
}

/** A row; its cells have 28 pixels. */
export function Row({ isCurrent, className, ...props }: RowProps) {
  return (
    <tr
      data-current={isCurrent || undefined}
      className={cn("group/row hover:bg-hover", isCurrent && "bg-accent-tint hover:bg-accent-tint", className)}
      {...props}
    />
  );
}

/** What a row opens to, below it, as wide as the table. */
export function DetailRow({ className, children }: { className?: string; children: React.ReactNode }) {
  const [isNarrow, isMedium] = [useMedia(NARROW), useMedia(MEDIUM)];
  const shown = useContext(ColumnsContext).filter(
    (column) =>
      !(isNarrow && column.className?.includes("max-sm:hidden")) &&
      !(isMedium && column.className?.includes("max-lg:hidden")),
  );
  return (
    <tr className="bg-sunken">
      <td colSpan={shown.length} className={cn("p-0", className)}>
        {children}
      </td>
    </tr>
  );
}

export function Cell({ className, ...props }: ComponentProps<"td">) {
  return <td className={cn("h-7 truncate px-2 py-0 first:pl-4 last:pr-4", className)} {...props} />;
}
