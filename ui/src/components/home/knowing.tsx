import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { liveWorkersQuery, runningQuery, upcomingQuery, type Worker } from "@/api/home";
import type { JobItem } from "@/api/jobs";
import type { Fire } from "@/api/tasks";
import { workerSumsQuery } from "@/api/workers";
import { JobGlyph } from "@/components/ui/job-cells";
import { Meter } from "@/components/ui/meter";
import { Section } from "@/components/ui/section";
import { SlotCells } from "@/components/ui/slot-cells";
import { TaskPath } from "@/components/ui/task-path";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";
import { roughDuration } from "@/lib/duration";
import { count } from "@/lib/number";
import { Line, MORE, Nothing } from "./line";
import { Part } from "./part";
import type { HomeSearch } from "./span";

/** Jobs that run, with the time that is left of what they usually take. */
export function RunningNow({ search }: { search: HomeSearch }) {
  const running = useQuery(runningQuery(search));
  return (
    <Section
      title="Running now"
      remark={running.data ? count(running.data.total) : ""}
      className="pb-1.5"
      actions={
        <Link to="/jobs" search={{ status: "running" }} className={MORE}>
          Show all
        </Link>
      }
    >
      <Part query={running} what="The list of running jobs" rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Nothing>{search.from ? "Nothing of this span runs." : "Nothing runs."}</Nothing>
          ) : (
            items.map((job) => <RunningLine key={job.job_id} job={job} />)
          )
        }
      </Part>
    </Section>
  );
}

function RunningLine({ job }: { job: JobItem }) {
  const now = useNow();
  const ran = job.started_at ? now - Date.parse(job.started_at) : 0;
  const usual = job.usual_ms ?? 0;
  const isOver = usual > 0 && ran > usual;
  const words = !usual
    ? `for ${roughDuration(ran)}`
    : isOver
      ? `${roughDuration(ran - usual)} over`
      : `${roughDuration(usual - ran)} left`;
  const waits = job.reason_kind === "waiting" || job.paused_at;
  return (
    <Link to="/jobs/$jobId" params={{ jobId: job.job_id }} className="block">
      <Line>
        <JobGlyph job={job} />
        <TaskPath workspace={job.workspace} task={job.task_name} />
        <span className="flex items-center gap-3">
          <span
            className={cn("whitespace-nowrap text-12 tabular-nums", isOver && !waits ? "text-waiting" : "text-text-3")}
            title={job.reason ?? undefined}
          >
            {waits ? (job.paused_at ? "paused" : "waits") : words}
          </span>
          {waits || !usual ? (
            <span className="w-[132px] max-sm:w-16" />
          ) : (
            <Meter
              share={ran / usual}
              label={`Share of the usual time of ${job.task_name}`}
              fill={isOver ? "bg-waiting-fill" : "bg-running-fill"}
              className="w-[132px] max-sm:w-16"
            />
          )}
        </span>
      </Line>
    </Link>
  );
}

/** The next fires of schedules. */
export function FiresNext() {
  const fires = useQuery(upcomingQuery);
  return (
    <Section
      title="Fires next"
      className="pb-1.5"
      actions={
        <Link to="/triggers" className={MORE}>
          Triggers
        </Link>
      }
    >
      <Part query={fires} what="The list of fires" rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Nothing>No schedule fires within a day.</Nothing>
          ) : (
            items.map((fire) => <FireLine key={fire.workspace + fire.trigger + fire.at} fire={fire} />)
          )
        }
      </Part>
    </Section>
  );
}

function FireLine({ fire }: { fire: Fire }) {
  return (
    <Link
      to="/triggers/$workspace/$trigger"
      params={{ workspace: fire.workspace, trigger: fire.trigger }}
      className="block"
    >
      <Line className="grid-cols-[60px_minmax(0,1fr)_auto]">
        <ClockTime at={fire.at} className="whitespace-nowrap text-12 text-text-2 tabular-nums" />
        <TaskPath workspace={fire.workspace} task={fire.task} />
        <RelativeTime at={fire.at} className="text-12 text-text-3" />
      </Line>
    </Link>
  );
}

/** Workers with their slots, those that are taken filled. */
export function Workers() {
  const workers = useQuery(liveWorkersQuery);
  const { data: slots } = useQuery(workerSumsQuery);
  return (
    <Section
      title="Workers"
      remark={slots && slots.slots > 0 ? `${count(slots.used)} of ${count(slots.slots)} slots taken` : ""}
      className="pb-1.5"
      actions={
        <Link to="/workers" className={MORE}>
          Workers
        </Link>
      }
    >
      <Part query={workers} what="The list of workers" rows={3}>
        {(live) => (
          <>
            {live.length === 0 && <Nothing>No worker is connected: steps wait until one is.</Nothing>}
            {live.slice(0, 8).map((worker) => (
              <WorkerLine key={worker.worker_id} worker={worker} />
            ))}
            {live.length > 8 && (
              <Link to="/workers" className="block px-4 py-1 text-12 text-text-3 hover:underline">
                {count(live.length - 8)} more
              </Link>
            )}
          </>
        )}
      </Part>
    </Section>
  );
}

function WorkerLine({ worker }: { worker: Worker }) {
  const isOff = worker.state !== "active";
  const words = isOff ? [...worker.tags, worker.state === "draining" ? "drains" : "cordoned"] : worker.tags;
  return (
    <Link to="/workers/$worker" params={{ worker: worker.worker_id }} className="block">
      <Line className="grid-cols-[104px_minmax(0,1fr)_132px_48px] max-sm:grid-cols-[104px_minmax(0,1fr)_80px_48px]">
        <span className="truncate font-mono text-12" title={worker.name}>
          {worker.name}
        </span>
        <span className={cn("truncate text-12", isOff ? "text-waiting" : "text-text-3")}>{words.join(", ")}</span>
        <SlotCells used={worker.used_slots} slots={worker.slots} />
        <span className="whitespace-nowrap text-right text-12 text-text-2 tabular-nums">
          {worker.used_slots} / {worker.slots ?? "–"}
        </span>
      </Line>
    </Link>
  );
}
