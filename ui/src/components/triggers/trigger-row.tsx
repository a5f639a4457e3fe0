import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { TriggerItem } from "@/api/triggers";
import { LastFire } from "@/components/ui/fire-cells";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Cell, Row } from "@/components/ui/table";
import { TaskPath } from "@/components/ui/task-path";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { TriggerActs } from "@/components/ui/trigger-acts";
import { scheduleWords, typeWords } from "@/components/ui/trigger-words";

interface Props {
  trigger: TriggerItem;
  isCurrent: boolean;
}

/** A trigger in the table. */
export const TriggerRow = memo(function TriggerRow({ trigger, isCurrent }: Props) {
  const words = scheduleWords(trigger);
  return (
    <Row isCurrent={isCurrent} data-trigger={`${trigger.workspace}/${trigger.name}`}>
      <Cell className="w-10">
        <TriggerGlyph trigger={trigger} />
      </Cell>
      <Cell>
        <Link
          to="/triggers/$workspace/$trigger"
          params={{ workspace: trigger.workspace, trigger: trigger.name }}
          className="block hover:underline"
        >
          <TaskPath workspace={trigger.workspace} task={trigger.name} />
        </Link>
      </Cell>
      <Cell className="text-text-2">
        <Link
          to="/tasks/$workspace/$"
          params={{ workspace: trigger.workspace, _splat: trigger.task }}
          className="hover:underline"
        >
          {trigger.task}
        </Link>
      </Cell>
      <Cell className="text-text-2 max-lg:hidden">{typeWords(trigger.type)}</Cell>
      <Cell className="text-text-2" title={wordsAsWritten(trigger)}>
        {words}
      </Cell>
      <Cell className="tabular-nums">
        <NextFire trigger={trigger} />
      </Cell>
      <Cell className="text-text-2">
        <LastFire fire={trigger.last_fire} />
      </Cell>
      <Cell className="w-[84px]">
        <span className="flex justify-end">
          <TriggerActs name={{ workspace: trigger.workspace, trigger: trigger.name }} state={trigger.state} isSmall />
        </span>
      </Cell>
    </Row>
  );
});

/** A trigger in two lines, for narrow screens. */
export function TriggerCard({ trigger }: { trigger: TriggerItem }) {
  return (
    <Link
      to="/triggers/$workspace/$trigger"
      params={{ workspace: trigger.workspace, trigger: trigger.name }}
      className="grid grid-cols-[14px_minmax(0,1fr)_auto] gap-x-2.5 border-line border-b px-4 py-[7px]"
    >
      <span className="mt-[3px]">
        <TriggerGlyph trigger={trigger} />
      </span>
      <TaskPath workspace={trigger.workspace} task={trigger.name} />
      <span className="max-w-[150px] justify-self-end truncate text-12 tabular-nums">
        <NextFire trigger={trigger} />
      </span>
      <span />
      <span className="truncate text-12 text-text-3">{scheduleWords(trigger)}</span>
      <span className="text-right text-12 text-text-3">
        {trigger.last_fire && <RelativeTime at={trigger.last_fire.at} />}
      </span>
    </Link>
  );
}

function TriggerGlyph({ trigger }: { trigger: TriggerItem }) {
  if (trigger.state === "paused") return <StateGlyph state="suspended" label="Paused" />;
  if (trigger.state === "disabled") return <StateGlyph state="cancelled" label="Disabled in git" />;
  if (trigger.problem) return <StateGlyph state="failed" label="Has a problem" />;
  return <span className="m-1 block size-1.5 rounded-full bg-completed-fill" role="img" aria-label="Live" />;
}

/** When it fires next, or why it does not. */
function NextFire({ trigger }: { trigger: TriggerItem }) {
  if (trigger.state === "paused") {
    const words = `paused by ${trigger.paused?.by ?? "a person"}`;
    const reason = trigger.paused?.reason;
    return (
      <span className="block truncate text-suspended" title={reason ? `${words}: ${reason}` : words}>
        {words}
        {reason && `: ${reason}`}
      </span>
    );
  }
  if (trigger.state === "disabled") return <span className="text-text-3">disabled in git</span>;
  if (trigger.problem)
    return (
      <span className="block truncate text-failed" title={trigger.problem}>
        {trigger.problem}
      </span>
    );
  const [next] = trigger.next_runs;
  if (!next) return <span className="text-text-3">when it happens</span>;
  return (
    <span className="flex gap-2">
      <ClockTime at={next} className="flex-none" />
      <RelativeTime at={next} className="truncate text-text-3" />
    </span>
  );
}

function wordsAsWritten({ cron, timezone, options }: TriggerItem): string {
  if (cron) return `${cron}${timezone ? ` ${timezone}` : ""}`;
  return JSON.stringify(options);
}
