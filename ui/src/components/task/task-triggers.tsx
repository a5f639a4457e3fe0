import { Link } from "@tanstack/react-router";
import type { TaskTrigger } from "@/api/task";
import { EmptyState } from "@/components/ui/empty-state";
import { LastFire } from "@/components/ui/fire-cells";
import { StateGlyph } from "@/components/ui/state-glyph";
import { RelativeTime } from "@/components/ui/time";
import { scheduleWords } from "@/components/ui/trigger-words";

/** The triggers that start jobs of a task. */
export function TaskTriggers({ workspace, triggers }: { workspace: string; triggers: readonly TaskTrigger[] }) {
  if (triggers.length === 0)
    return <EmptyState title="No trigger starts this task: people, other tasks and programs do." />;
  return (
    <ul>
      {triggers.map((trigger) => (
        <li
          key={trigger.name}
          className="grid grid-cols-[14px_minmax(0,180px)_minmax(0,1fr)_auto_auto] items-center gap-x-3 border-line border-b px-4 py-1.5 max-sm:grid-cols-[14px_minmax(0,1fr)_auto]"
        >
          <StateGlyph
            state={trigger.problem ? "failed" : trigger.state === "live" ? "completed" : "suspended"}
            label={trigger.problem ?? trigger.state}
          />
          <Link
            to="/triggers/$workspace/$trigger"
            params={{ workspace, trigger: trigger.name }}
            className="truncate font-medium hover:underline"
          >
            {trigger.name}
          </Link>
          <span className="truncate text-text-2 max-sm:hidden">{trigger.problem ?? scheduleWords(trigger)}</span>
          <span className="text-12 text-text-3 max-sm:hidden">
            <LastFire fire={trigger.last_fire} />
          </span>
          <span className="text-right text-12 text-text-2 tabular-nums">
            {trigger.state !== "live"
              ? trigger.state
              : trigger.next_runs[0] && (
                  <>
                    next <RelativeTime at={trigger.next_runs[0]} />
                  </>
                )}
          </span>
        </li>
      ))}
    </ul>
  );
}
