import { useQuery } from "@tanstack/react-query";
import { Pause, Play, Zap } from "lucide-react";
import { useState } from "react";
import { type TriggerName, triggerQuery, useFireTrigger, usePauseTrigger, useResumeTrigger } from "@/api/trigger";
import { formatJson } from "@/lib/json";
import { Button } from "./button";
import { ReasonDialog } from "./reason-dialog";
import { TaskPath } from "./task-path";
import { showToast } from "./toast";

interface Props {
  name: TriggerName;
  state: "live" | "paused" | "disabled";
  /** As glyphs, for rows. */
  isSmall?: boolean;
}

/** Pauses or resumes a trigger, or fires it now; each after a question that says what follows. */
export function TriggerActs({ name, state, isSmall }: Props) {
  const [asked, ask] = useState<"pause" | "fire" | null>(null);
  const pause = usePauseTrigger(name);
  const resume = useResumeTrigger(name);
  const fire = useFireTrigger(name);
  const close = () => {
    ask(null);
    pause.reset();
    fire.reset();
  };
  const fired = (answer: { job_id: string | null; verdict: string; reason: string | null }) => {
    close();
    showToast(
      answer.job_id
        ? { text: `${name.trigger} fired.`, link: { label: "Open the job", to: `/jobs/${answer.job_id}` } }
        : { tone: "waiting", text: `${name.trigger}: ${answer.verdict}. ${answer.reason ?? "No job was started."}` },
    );
  };
  const button = isSmall ? ({ variant: "quiet", size: "icon-sm" } as const) : ({ variant: "quiet" } as const);
  const label = (verb: string) => (isSmall ? `${verb} ${name.workspace} / ${name.trigger}` : undefined);
  return (
    <>
      {state === "paused" ? (
        <Button
          {...button}
          aria-label={label("Resume")}
          title="Resume"
          disabled={resume.isPending}
          onClick={() => resume.mutate(undefined, { onSuccess: () => showToast({ text: `${name.trigger} is live.` }) })}
        >
          <Play size={14} />
          {!isSmall && <span className="max-sm:sr-only">Resume</span>}
        </Button>
      ) : (
        state === "live" && (
          <Button {...button} aria-label={label("Pause")} title="Pause" onClick={() => ask("pause")}>
            <Pause size={14} />
            {!isSmall && <span className="max-sm:sr-only">Pause</span>}
          </Button>
        )
      )}
      {state !== "disabled" && (
        <Button
          {...button}
          variant={isSmall ? "quiet" : "primary"}
          aria-label={label("Fire")}
          title="Fire now"
          onClick={() => ask("fire")}
        >
          <Zap size={14} />
          {!isSmall && "Fire now"}
        </Button>
      )}
      <ReasonDialog
        open={asked === "pause"}
        onOpenChange={close}
        title={`Pause ${name.trigger}?`}
        description="It starts no jobs until somebody resumes it. Jobs that run go on."
        verb="Pause"
        isPending={pause.isPending}
        error={pause.error}
        onConfirm={(reason) => pause.mutate(reason, { onSuccess: close })}
      />
      <ReasonDialog
        open={asked === "fire"}
        onOpenChange={close}
        title={`Fire ${name.trigger} now?`}
        description={
          state === "paused"
            ? "It starts a job with its own input. It stays paused."
            : "It starts a job with its own input. Its schedule stays as it is."
        }
        verb="Fire now"
        isPending={fire.isPending}
        error={fire.error}
        onConfirm={(reason) => fire.mutate(reason, { onSuccess: fired })}
      >
        <Fired name={name} />
      </ReasonDialog>
    </>
  );
}

/** What a fire starts: the task, with its input. */
function Fired({ name }: Pick<Props, "name">) {
  const { data } = useQuery(triggerQuery(name));
  return (
    <dl className="grid min-h-10 grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-4 gap-y-1">
      <dt className="text-text-3">Task</dt>
      <dd className="truncate">{data && <TaskPath workspace={name.workspace} task={data.trigger.task} />}</dd>
      <dt className="text-text-3">Input</dt>
      <dd className="max-h-40 overflow-auto whitespace-pre-wrap font-mono text-12">
        {data && (Object.keys(data.trigger.input).length > 0 ? formatJson(data.trigger.input) : "none")}
      </dd>
    </dl>
  );
}
