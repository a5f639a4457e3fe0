import { Play } from "lucide-react";
import { type TriggerDetail, type TriggerName, useResumeTrigger } from "@/api/trigger";
import { Button } from "@/components/ui/button";
import { Fact, Facts } from "@/components/ui/facts";
import { JobIdLink } from "@/components/ui/job-id";
import { StateWord } from "@/components/ui/state-word";
import { RelativeTime } from "@/components/ui/time";
import { showToast } from "@/components/ui/toast";
import { count } from "@/lib/number";

const STATES = {
  running: "running",
  ending: "running",
  waiting: "waiting",
  stopped: "cancelled",
  ended: "completed",
} as const;

interface Props {
  name: TriggerName;
  consumer: NonNullable<TriggerDetail["consumer"]>;
}

/** How the consumer of an event source does. */
export function Consumer({ name, consumer }: Props) {
  const resume = useResumeTrigger(name);
  const isOver = consumer.state === "stopped" || consumer.state === "ended";
  return (
    <Facts>
      <Fact label="Consumer">
        <StateWord state={STATES[consumer.state]} word={consumer.state} />
        {isOver && (
          <Button
            size="sm"
            disabled={resume.isPending}
            onClick={() => resume.mutate(undefined, { onSuccess: () => showToast({ text: "The consumer starts." }) })}
          >
            <Play size={12} />
            Start again
          </Button>
        )}
        {consumer.state === "waiting" && consumer.starts_at && <RelativeTime at={consumer.starts_at} />}
      </Fact>
      <Fact label="Its job">
        <JobIdLink id={consumer.job_id ?? consumer.last_job} />
      </Fact>
      <Fact label="Events">
        {count(consumer.events)}
        <span className="font-normal text-text-3">
          {consumer.events_per_sec.toFixed(1)} per s, {count(consumer.duplicates)} came again
        </span>
      </Fact>
      <Fact label="Last event">{consumer.last_event_at ? <RelativeTime at={consumer.last_event_at} /> : "none"}</Fact>
      <Fact label="Wait at the worker">{count(consumer.waiting)}</Fact>
      <Fact label="Live jobs">{count(consumer.live_jobs)}</Fact>
      <Fact label="Started again">{count(consumer.restarts)}</Fact>
      <Fact label="Failures in a row">{count(consumer.failures)}</Fact>
      <Fact label="Dead letters" className={consumer.dead_letters ? "text-failed" : undefined}>
        {count(consumer.dead_letters)}
      </Fact>
    </Facts>
  );
}
