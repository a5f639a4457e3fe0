import { cn } from "@/lib/cn";
import type { Standing } from "@/lib/standing";
import { TEXT } from "./state-word";

/** How a workspace stands to git, in its colour, with the reason behind it. */
export function StandingWords({ standing, className }: { standing: Standing; className?: string }) {
  return (
    <span className={cn("block truncate", className)} title={`${standing.word} ${standing.reason}`.trim()}>
      <span className={TEXT[standing.state]}>{standing.word}</span>{" "}
      <span className="text-12 text-text-3">{standing.reason}</span>
    </span>
  );
}
