import { Link } from "@tanstack/react-router";
import type { TriggerDetail } from "@/api/trigger";
import { Fact, Facts } from "@/components/ui/facts";
import { LastFire } from "@/components/ui/fire-cells";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { scheduleWords, typeWords } from "@/components/ui/trigger-words";

const CONCURRENCY: Record<string, string> = { allow: "starts another", skip: "skips", queue: "waits" };

/** What it starts, when, and what holds it, in a line. */
export function TriggerFacts({ detail }: { detail: TriggerDetail }) {
  const { trigger, workspace } = detail;
  const [next] = trigger.next_runs;
  return (
    <Facts>
      <Fact label="Starts">
        <Link
          to="/tasks/$workspace/$"
          params={{ workspace, _splat: trigger.task }}
          className="truncate text-accent hover:underline"
        >
          {trigger.task}
        </Link>
      </Fact>
      <Fact label={typeWords(trigger.type)}>
        <span className="truncate">{scheduleWords(trigger)}</span>
        {trigger.cron && <code className="font-normal text-12 text-text-3">{trigger.cron}</code>}
      </Fact>
      {trigger.paused ? (
        <Fact label="Paused by">
          <span className="truncate text-suspended">
            {trigger.paused.by}
            {trigger.paused.reason && `: ${trigger.paused.reason}`}
          </span>
          <RelativeTime at={trigger.paused.at} className="font-normal text-text-3" />
        </Fact>
      ) : (
        <Fact label="Next">
          {next && <ClockTime at={next} />}
          {next && <RelativeTime at={next} className="font-normal text-text-3" />}
          {!next && (trigger.state === "disabled" ? "never: disabled in git" : "when it happens")}
        </Fact>
      )}
      <Fact label="Last fire">
        <LastFire fire={trigger.last_fire} />
      </Fact>
      <Fact label="If its task runs">{CONCURRENCY[trigger.concurrency] ?? trigger.concurrency}</Fact>
      {trigger.condition && (
        <Fact label="Only if">
          <code className="truncate text-12">{trigger.condition}</code>
        </Fact>
      )}
      {detail.since && (
        <Fact label="Unchanged since">
          <ClockTime at={detail.since} />
        </Fact>
      )}
    </Facts>
  );
}
