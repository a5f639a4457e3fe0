import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { QueueStep } from "@/api/queue";
import { Cell, DetailRow, Row } from "@/components/ui/table";
import { TaskPath } from "@/components/ui/task-path";
import { RelativeTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { localWords } from "@/lib/reason";
import { Blockers } from "./blockers";
import { Holders } from "./holders";

interface Props {
  step: QueueStep;
  isOpen: boolean;
  isCurrent: boolean;
  onToggle: () => void;
}

/** A step, or a job before its start, with its blocker; opened, all that blocks its job. */
export function WaitingStep({ step, isOpen, isCurrent, onToggle }: Props) {
  const { job_id, step_name, blocker, since } = step;
  const short = job_id.slice(0, 8);
  return (
    <>
      <Row isCurrent={isCurrent} data-step={`${job_id}/${step_name ?? ""}`}>
        <Cell className="first:pl-12">
          <Link
            to="/jobs/$jobId"
            params={{ jobId: job_id }}
            search={step_name ? { step: step_name } : {}}
            className="flex items-baseline gap-2 hover:underline"
          >
            <TaskPath workspace={step.workspace} task={step.task_name} />
            <span className="flex-none font-mono text-12 text-text-3">{short}</span>
          </Link>
        </Cell>
        <Cell className="text-text-2">
          {step_name ? <span className="font-mono text-12">{step_name}</span> : "before its start"}
        </Cell>
        <Cell className={blocker.kind === "worker" ? "text-failed" : "text-text-2"} title={localWords(blocker.text)}>
          <span className="flex gap-2">
            <span className="truncate">{localWords(blocker.text)}</span>
            <span className="flex flex-none gap-2">
              <Holders holders={blocker.held_by.slice(0, 1)} />
              {blocker.job_id && (
                <Link to="/jobs/$jobId" params={{ jobId: blocker.job_id }} className="text-accent hover:underline">
                  Open it
                </Link>
              )}
            </span>
          </span>
        </Cell>
        <Cell className="text-text-2 tabular-nums">{since ? <RelativeTime at={since} /> : "–"}</Cell>
        <Cell className="text-right">
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={`What blocks ${step.task_name} ${short} ${step_name ?? ""}`.trim()}
            className="inline-grid size-6 place-items-center rounded-2 align-middle text-text-3 hover:bg-hover"
            onClick={onToggle}
          >
            <ChevronRight size={14} className={cn("transition-transform duration-(--fast)", isOpen && "rotate-90")} />
          </button>
        </Cell>
      </Row>
      {isOpen && (
        <DetailRow className="py-2 pr-4 pl-12">
          <Blockers id={job_id} />
        </DetailRow>
      )}
    </>
  );
}

/** The same in two lines, for narrow screens. */
export function WaitingCard({
  step: { job_id, workspace, task_name, step_name, blocker, since },
}: {
  step: QueueStep;
}) {
  return (
    <li className="border-line border-t px-4 py-2" data-step={`${job_id}/${step_name ?? ""}`}>
      <Link
        to="/jobs/$jobId"
        params={{ jobId: job_id }}
        search={step_name ? { step: step_name } : {}}
        className="flex items-baseline justify-between gap-2"
      >
        <TaskPath workspace={workspace} task={task_name} />
        {since && <RelativeTime at={since} className="flex-none text-text-3 tabular-nums" />}
      </Link>
      <p className="text-text-2 [overflow-wrap:anywhere]">
        {step_name && <span className="font-mono text-12">{step_name} </span>}
        <span className={blocker.kind === "worker" ? "text-failed" : undefined}>{localWords(blocker.text)}</span>
      </p>
      <Holders holders={blocker.held_by.slice(0, 1)} />
    </li>
  );
}
