import { useMemo } from "react";
import { cn } from "@/lib/cn";
import { LogPane } from "./log-pane";

interface Props {
  jobId: string;
  /** The path of a step; null for the log of the whole job. */
  step: string | null;
  /** The attempt that is shown; all of them when it is not given and the step has only one. */
  attempt?: number;
  /** How many attempts there were so far. */
  attempts?: number;
  /** The status of the step, as the API has it. */
  status: string;
  onAttempt: (attempt: number) => void;
  /** Whether it has a page of its own: then it cannot be made larger. */
  isPage?: boolean;
  /** What the step waits for before it begins. */
  waitsFor?: string | null;
  className?: string;
}

/** The log of a step of a job. The URL holds the lines that are linked, as `line=459-463`. */
export function LogView({ jobId, step, attempt, attempts = 1, className, ...props }: Props) {
  const chosen = attempt ?? (attempts > 1 ? attempts : undefined);
  const source = useMemo(() => ({ jobId, step, attempt: chosen }), [jobId, step, chosen]);
  return (
    <section className={cn("flex min-h-0 min-w-0 flex-1 flex-col", className)} aria-label={step ?? "Log"}>
      <LogPane key={JSON.stringify(source)} source={source} attempts={attempts} {...props} />
    </section>
  );
}
