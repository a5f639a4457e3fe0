import { Link } from "@tanstack/react-router";
import type { WorkerItem } from "@/api/workers";
import { SlotCells } from "@/components/ui/slot-cells";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Cell, Row } from "@/components/ui/table";
import { TaskPath } from "@/components/ui/task-path";
import { RelativeTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { WorkerActs } from "./worker-acts";
import { WorkerResources } from "./worker-resources";
import { takenShare, workerState } from "./worker-state";

const SHOWN = 3;
const LATE_SECS = 60;

interface Props {
  worker: WorkerItem;
  isCurrent: boolean;
}

/** A worker in the table; what it runs stands below its slots. */
export function WorkerRow({ worker, isCurrent }: Props) {
  const { state, word } = workerState(worker);
  const isGone = worker.status === "inactive";
  return (
    <Row isCurrent={isCurrent} data-worker={worker.name} className="align-top [&>td]:border-line [&>td]:border-b">
      <Cell className="w-10 py-2">
        <StateGlyph state={state} share={takenShare(worker)} label={word} />
      </Cell>
      <Cell className="py-1">
        <Link
          to="/workers/$worker"
          params={{ worker: worker.worker_id }}
          className={cn("block truncate font-mono text-12 leading-5 hover:underline", isGone && "text-text-3")}
        >
          {worker.name}
        </Link>
        <StandingWords worker={worker} word={word} />
        {worker.worker_group && (
          <span className="block truncate text-12 text-text-3" title={worker.worker_group}>
            group {worker.worker_group}
          </span>
        )}
      </Cell>
      <Cell className="py-1">
        <span className="flex h-5 items-center gap-2">
          <SlotCells used={worker.used_slots} slots={worker.slots} className="w-[64px]" />
          <span className="text-12 text-text-2 tabular-nums">
            {worker.used_slots} / {worker.slots ?? "?"}
          </span>
        </span>
        <WorkerResources resources={worker.resources} className="h-5" />
      </Cell>
      <Cell className="py-1">
        <RunningSteps worker={worker} />
      </Cell>
      <Cell className="py-1 text-text-2 max-lg:hidden" title={worker.tags.join(", ")}>
        {worker.tags.join(", ") || <span className="text-faint">–</span>}
        {worker.exclusive && <span className="block text-12 text-text-3">these tags only</span>}
      </Cell>
      <Cell className="py-1 text-text-2 max-lg:hidden" title={worker.capabilities.join(", ")}>
        {worker.capabilities.join(", ")}
        {Object.entries(isGone ? {} : worker.missing).map(([ability, reason]) => (
          <span key={ability} className="block truncate text-12 text-waiting" title={`${ability}: ${reason}`}>
            no {ability}: {reason}
          </span>
        ))}
      </Cell>
      <Cell className="py-1 text-text-2 max-[1360px]:hidden">{worker.version ?? "–"}</Cell>
      <Cell className="py-1">
        <Heartbeat worker={worker} />
      </Cell>
      <Cell className="py-0.5">
        <span className="flex justify-end">
          <WorkerActs worker={worker} size="sm" />
        </span>
      </Cell>
    </Row>
  );
}

/** A worker in three lines, for narrow screens. */
export function WorkerCard({ worker }: { worker: WorkerItem }) {
  const { state, word } = workerState(worker);
  return (
    <Link
      to="/workers/$worker"
      params={{ worker: worker.worker_id }}
      className="grid grid-cols-[14px_minmax(0,1fr)_auto] gap-x-2.5 border-line border-b px-4 py-2"
    >
      <StateGlyph state={state} share={takenShare(worker)} label={word} className="mt-[3px]" />
      <span className="truncate font-mono text-12 leading-5">{worker.name}</span>
      <span className="text-12 text-text-2 tabular-nums">
        {worker.used_slots} / {worker.slots ?? "?"}
      </span>
      <span />
      <span className="truncate text-12 text-text-3">
        {[word, worker.worker_group && `group ${worker.worker_group}`, ...worker.tags].filter(Boolean).join(" · ")}
      </span>
      <SlotCells used={worker.used_slots} slots={worker.slots} className="mt-1 w-20" />
    </Link>
  );
}

function StandingWords({ worker, word }: { worker: WorkerItem; word: string }) {
  if (worker.status === "inactive") return <span className="block text-12 text-text-3">{word}</span>;
  if (worker.state === "active") return null;
  const by = worker.state_by ? ` by ${worker.state_by}` : "";
  const reason = worker.state_reason ? `: ${worker.state_reason}` : "";
  const text = `${word}${by}${reason}`;
  return (
    <span className="block truncate text-12 text-suspended" title={text}>
      {text}
    </span>
  );
}

/** The steps that a worker runs, with links to their jobs. */
function RunningSteps({ worker }: { worker: WorkerItem }) {
  if (!worker.running.length) return <span className="text-faint">–</span>;
  return (
    <>
      {worker.running.slice(0, SHOWN).map((step) => (
        <span key={`${step.job_id}${step.step_name}`} className="flex h-5 items-center gap-2">
          <Link to="/jobs/$jobId" params={{ jobId: step.job_id }} className="flex min-w-0 gap-1.5 hover:underline">
            <TaskPath workspace={step.workspace} task={step.task_name} />
            <span className="truncate text-text-3">{step.step_name}</span>
          </Link>
          {step.since && (
            <RelativeTime at={step.since} className="ml-auto flex-none text-12 text-text-3 tabular-nums" />
          )}
        </span>
      ))}
      {worker.used_slots > SHOWN && (
        <Link to="/workers/$worker" params={{ worker: worker.worker_id }} className="text-12 text-accent">
          and {worker.used_slots - SHOWN} more
        </Link>
      )}
    </>
  );
}

/** How long ago it was heard; in amber when that is unusual. */
function Heartbeat({ worker }: { worker: WorkerItem }) {
  if (!worker.last_heartbeat) return <span className="text-faint">never</span>;
  const isLate = worker.status === "active" && worker.heartbeat_age_secs > LATE_SECS;
  return (
    <RelativeTime at={worker.last_heartbeat} className={cn("tabular-nums", isLate ? "text-waiting" : "text-text-2")} />
  );
}
