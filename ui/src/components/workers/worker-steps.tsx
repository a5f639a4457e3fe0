import { Link } from "@tanstack/react-router";
import type { WorkerStep } from "@/api/workers";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { Cell, Row, Table } from "@/components/ui/table";
import { TaskPath } from "@/components/ui/task-path";
import { ClockTime, Elapsed } from "@/components/ui/time";
import { errorWords } from "@/lib/reason";

const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Task", className: "w-[28%] max-sm:w-auto" },
  { label: "Step", className: "w-[18%] max-sm:hidden" },
  { label: "Kind", className: "w-[96px] max-sm:hidden" },
  { label: "What went wrong", className: "max-sm:hidden" },
  { label: "Started", className: "w-[100px]" },
  { label: "Took", className: "w-[104px] text-right" },
];

/** The last steps of a worker, newest first. */
export function WorkerSteps({ steps }: { steps: readonly WorkerStep[] }) {
  return (
    <Table columns={COLUMNS} label="Last steps">
      {steps.map((step) => (
        <Row key={`${step.job_id}${step.step_name}${step.started_at}`}>
          <Cell className="w-10">
            <StateGlyph state={stateOf(step.status)} />
          </Cell>
          <Cell>
            <Link to="/jobs/$jobId" params={{ jobId: step.job_id }} className="block hover:underline">
              <TaskPath workspace={step.workspace} task={step.task_name} />
            </Link>
          </Cell>
          <Cell className="text-text-2 max-sm:hidden">{step.step_name}</Cell>
          <Cell className="text-text-2 max-sm:hidden">{step.action_type}</Cell>
          <Cell className="text-failed max-sm:hidden" title={step.error_message ?? undefined}>
            {step.error_message ? errorWords(step.error_message) : <span className="text-faint">–</span>}
          </Cell>
          <Cell className="text-text-2 tabular-nums">{step.started_at ? <ClockTime at={step.started_at} /> : "–"}</Cell>
          <Cell className="text-right tabular-nums">
            {step.started_at ? <Elapsed from={step.started_at} to={step.completed_at} /> : "–"}
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
