import { cn } from "@/lib/cn";

interface Props {
  workspace: string;
  task: string;
  className?: string;
}

/** `workspace / folder/task`. In a narrow place the workspace is cut first. */
export function TaskPath({ workspace, task, className }: Props) {
  return (
    <span
      className={cn("flex min-w-0 items-baseline gap-1 whitespace-nowrap", className)}
      title={`${workspace} / ${task}`}
    >
      <span className="min-w-0 shrink-[99999] truncate text-text-3">{workspace}</span>
      <span className="text-text-3">/</span>
      <span className="min-w-0 truncate font-medium text-text">{task}</span>
    </span>
  );
}
