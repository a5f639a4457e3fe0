import type { WorkerResource } from "@/api/workers";
import { cn } from "@/lib/cn";

interface Props {
  resources: readonly WorkerResource[];
  className?: string;
}

/** What is taken of each resource that a worker offers, as words and a bar. */
export function WorkerResources({ resources, className }: Props) {
  return resources.map(({ name, size, taken, share }) => (
    <span key={name} className={cn("flex items-center gap-2 text-12 text-text-2", className)}>
      <span aria-hidden className="h-1 w-[64px] flex-none overflow-hidden rounded-1 bg-line-2">
        <span className="block h-full bg-running-fill" style={{ width: `${share * 100}%` }} />
      </span>
      <span className="truncate tabular-nums" title={`${name}: ${taken} of ${size} taken`}>
        {name} {taken} / {size}
      </span>
    </span>
  ));
}
