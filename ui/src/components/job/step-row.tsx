import { ChevronDown, ChevronRight } from "lucide-react";
import { JobIdLink } from "@/components/ui/job-id";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { Tag } from "@/components/ui/state-word";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/duration";
import { count } from "@/lib/number";
import { localWords } from "@/lib/reason";
import { GanttBar } from "./gantt-bar";
import { attemptSegments, isTakenOver, ranMs, type Scale, segmentsOf } from "./gantt-scale";
import { attemptsOf, type Row } from "./rows";
import { isLoop, type StepNode, type StepTree } from "./step-tree";
import { itemWords } from "./values";

export const COLUMNS =
  "grid grid-cols-[232px_64px_minmax(0,1fr)] items-center max-sm:grid-cols-[176px_56px_minmax(0,1fr)]";

interface Props {
  row: Exclude<Row, { kind: "loop" }>;
  tree: StepTree;
  scale: Scale;
  now: number;
  index: number;
  usual: number | undefined;
  isSelected: boolean;
  onSelect: (path: string, attempt?: number) => void;
  onToggle: (path: string) => void;
}

/** A step or one of its attempts: state, name, how long it ran, and its bar on the axis. */
export function StepRow({ row, tree, scale, now, index, usual, isSelected, onSelect, onToggle }: Props) {
  const { node, level } = row;
  const isAttempt = row.kind === "attempt";
  const shown = isAttempt ? attemptOf(node, row.attempt) : node.step;
  const ms = ranMs(shown, now);
  const share = usual && ms !== null ? ms / usual : undefined;
  const all = segmentsOf(node, tree, scale);
  const segments = isAttempt ? attemptSegments(all, row.attempt) : all;
  const canOpen = row.kind === "step" && row.canOpen;
  const remark = isAttempt ? "" : localWords(remarkOf(node) ?? "");
  return (
    <div
      role="row"
      aria-level={level}
      aria-rowindex={index + 2}
      aria-expanded={canOpen ? row.isOpen : undefined}
      aria-selected={isSelected}
      tabIndex={isSelected ? 0 : -1}
      data-row={row.key}
      onClick={() => onSelect(node.path, isAttempt ? row.attempt : undefined)}
      onDoubleClick={() => canOpen && onToggle(node.path)}
      onKeyDown={() => undefined}
      className={cn(
        COLUMNS,
        "pl-4 hover:bg-hover focus-visible:relative",
        isAttempt ? "h-6 text-12" : "h-7 max-sm:h-9",
        remark && "max-sm:grid-cols-[fit-content(50%)_0_minmax(0,1fr)]",
        isSelected && "bg-accent-tint hover:bg-accent-tint",
      )}
    >
      <div
        role="gridcell"
        tabIndex={-1}
        className="flex min-w-0 items-center gap-[7px]"
        style={{ paddingLeft: (level - 1) * 19 }}
      >
        {canOpen ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={row.isOpen ? `Close ${node.path}` : `Open ${node.path}`}
            className="-m-1.5 flex-none p-1.5 text-text-3 hover:text-text"
            onClick={(event) => {
              event.stopPropagation();
              onToggle(node.path);
            }}
          >
            {row.isOpen ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
          </button>
        ) : (
          <span className="w-3 flex-none" />
        )}
        <StateGlyph state={stateOf(shown.status)} share={share} />
        <span className="truncate" title={node.path}>
          {isAttempt ? `attempt ${row.attempt}` : node.name}
          <Remark node={node} attempt={isAttempt ? row.attempt : undefined} />
        </span>
        {!isAttempt && node.step.child_job_id && (
          <span className="ml-auto flex-none" onClickCapture={(event) => event.stopPropagation()}>
            <JobIdLink id={node.step.child_job_id} />
          </span>
        )}
        {!isAttempt && attemptsOf(node) > 1 && (
          <span className="flex-none max-sm:hidden">
            <Tag>{attemptsOf(node)} attempts</Tag>
          </span>
        )}
      </div>
      <span
        role="gridcell"
        tabIndex={-1}
        className={cn(
          "whitespace-nowrap text-right text-12 tabular-nums",
          ms === null ? "text-text-3" : "text-text-2",
          remark && "max-sm:invisible",
        )}
      >
        {ms === null ? "–" : short(ms)}
      </span>
      <div role="gridcell" tabIndex={-1} className="h-full min-w-0">
        <GanttBar segments={segments} scale={scale} remark={remark} isTakenOver={isTakenOver(node.step)} />
      </div>
    </div>
  );
}

function Remark({ node, attempt }: { node: StepNode; attempt?: number }) {
  const text = attempt
    ? attemptRemark(node, attempt)
    : isLoop(node)
      ? `${count(node.step.loop_total ?? 0)} items`
      : itemWords(node.step.loop_value);
  return text ? <span className="text-12 text-text-3"> {text}</span> : null;
}

function attemptRemark(node: StepNode, attempt: number): string {
  const { step } = node;
  const past = step.retry_history.find((one) => one.attempt === attempt);
  const code = past ? past.exit_code : step.exit_code;
  const kind = past ? past.error_kind : step.error_kind;
  return code ? `exit ${code}` : (kind ?? "").replaceAll("_", " ");
}

/** Why a step did not run, or does not run yet. */
function remarkOf(node: StepNode): string | null {
  const { step } = node;
  if (step.status === "skipped") return skipWords(step);
  if (step.kept_from_job_id) return "kept from the job before";
  if (step.cached_from) return "result taken from an earlier job";
  if (step.started_at || step.retry_history.length) return null;
  return step.waiting_reason ?? null;
}

/** Why a step was skipped, which its glyph tells already: the condition that was false, or the words of the server. */
function skipWords({ skip_reason, when_condition }: StepNode["step"]): string | null {
  if (when_condition && (!skip_reason || skip_reason === "Skipped: its condition is false"))
    return `${when_condition.replace(/^\{\{\s*([^{}]*?)\s*\}\}$/, "$1")} is false`;
  const words = skip_reason?.replace(/^Skipped: /, "");
  return words ? words.charAt(0).toUpperCase() + words.slice(1) : null;
}

/** The step as one of its attempts saw it. */
function attemptOf(node: StepNode, attempt: number): StepNode["step"] {
  const { step } = node;
  const past = step.retry_history.find((one) => one.attempt === attempt);
  if (!past) return step;
  return {
    ...step,
    status: "failed",
    started_at: past.started_at,
    completed_at: past.failed_at,
    error_message: past.error,
  };
}

/** `2 min 06`: the unit of the smallest part is left out where it is plain. */
function short(ms: number): string {
  return duration(ms)
    .replace(/ min (\d\d) s$/, " min $1")
    .replace(/ h (\d\d) min$/, " h $1");
}
