import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { usualQuery, usualTimes } from "@/api/job";
import { type Task, taskJobsQuery } from "@/api/task";
import { ErrorState } from "@/components/ui/error-state";
import { Fact, Facts } from "@/components/ui/facts";
import { useGroups } from "@/components/ui/graph/use-groups";
import { Section } from "@/components/ui/section";
import { Segments } from "@/components/ui/segments";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Tabs } from "@/components/ui/tabs";
import { RelativeTime } from "@/components/ui/time";
import { duration } from "@/lib/duration";
import { count, percent } from "@/lib/number";
import { Definition } from "./definition";
import { DurationChart } from "./duration-chart";
import { boxCount, graphOf } from "./flow-graph";
import { numbersOf, trendOf } from "./numbers";
import type { Span, TaskSearch } from "./search";
import { TaskJobs } from "./task-jobs";
import { TaskTriggers } from "./task-triggers";

const Graph = lazy(() => import("@/components/ui/graph/graph"));
const DAYS: Record<Span, number> = { "50": 0, "7d": 7, "90d": 90 };
const BARS = 100;

interface Props {
  workspace: string;
  task: Task;
  search: TaskSearch;
  onChange: (change: Partial<TaskSearch>) => void;
  /** The form, where it has no pane of its own. */
  form?: React.ReactNode;
}

/** What a task does and how it fares: graph, numbers, bars of durations, jobs, triggers, definition. */
export function TaskView({ workspace, task, search, onChange, form }: Props) {
  const span = search.span ?? "50";
  const pane = search.pane ?? "jobs";
  const jobs = useQuery(taskJobsQuery(workspace, task.id, DAYS[span]));
  const fortnight = useQuery(taskJobsQuery(workspace, task.id, 14)).data;
  const usual = useQuery(usualQuery(workspace, task.id)).data;
  const items = useMemo(() => jobs.data?.items ?? [], [jobs.data]);
  const numbers = useMemo(() => numbersOf(items), [items]);
  const trend = useMemo(() => trendOf(fortnight?.items ?? []), [fortnight]);
  const groups = useGroups(() => boxCount(task));
  const graph = useMemo(() => graphOf(task, groups.isOpen, usualTimes(usual?.steps)), [task, groups, usual]);
  const next = task.triggers
    .filter((trigger) => trigger.state === "live" && trigger.next_runs.length)
    .map((trigger) => ({ name: trigger.name, at: trigger.next_runs[0] ?? "" }))
    .sort((a, b) => a.at.localeCompare(b.at))[0];
  const time = (ms: number | null) => (ms === null ? "–" : duration(ms));
  return (
    <>
      <div className="h-[228px] flex-none border-line border-b bg-canvas max-sm:h-[168px]">
        <Suspense>
          <Graph {...graph} label="Steps of the task" onTurn={groups.toggle} className="h-full" />
        </Suspense>
      </div>
      <div className="flex flex-none items-end border-line border-b pr-4 max-sm:flex-col max-sm:items-stretch max-sm:pr-0 max-sm:pb-2.5">
        <Facts className="min-w-0 flex-1 border-b-0 max-sm:flex-wrap">
          <Fact label={`Success, ${count(numbers.ended)} jobs`}>
            {numbers.success === null ? "–" : percent(numbers.success)}
          </Fact>
          <Fact label="p50">{time(numbers.p50)}</Fact>
          <Fact label="p95">{time(numbers.p95)}</Fact>
          <Fact label="Waits before it runs">{time(numbers.waits)}</Fact>
          <Fact label="Next">
            {next ? (
              <>
                <RelativeTime at={next.at} />
                <span className="truncate font-normal text-text-3">{next.name}</span>
              </>
            ) : (
              "–"
            )}
          </Fact>
        </Facts>
        <Segments
          className="mb-2.5 max-sm:mx-4 max-sm:mb-0 max-sm:w-fit"
          label="Jobs that the numbers are of"
          value={span}
          onChange={(value) => onChange({ span: value === "50" ? undefined : value })}
          options={[
            { value: "50", label: "50 jobs" },
            { value: "7d", label: "7 days" },
            { value: "90d", label: "90 days", title: "The newest 200 jobs of 90 days" },
          ]}
        />
      </div>
      {form}
      {items.length > 0 && (
        <Section title="How long it took" remark={trend} className="flex-none border-b-0">
          <DurationChart jobs={items.slice(0, BARS)} numbers={numbers} />
        </Section>
      )}
      <div className="relative flex-none">
        <Tabs
          label="About the task"
          value={pane}
          onChange={(value) => onChange({ pane: value === "jobs" ? undefined : value })}
          tabs={[
            { value: "jobs", label: "Jobs" },
            { value: "triggers", label: "Triggers", count: task.triggers.length },
            { value: "definition", label: "Definition" },
          ]}
        />
        {pane === "jobs" && (
          <Link
            to="/jobs"
            search={{ workspace, task: task.id }}
            className="absolute top-2.5 right-4 text-12 text-text-3 hover:text-text"
          >
            All in Jobs
          </Link>
        )}
      </div>
      <div className="flex-none pb-4">
        {pane === "triggers" ? (
          <TaskTriggers workspace={workspace} triggers={task.triggers} />
        ) : pane === "definition" ? (
          <Definition workspace={workspace} task={task.id} />
        ) : jobs.error && !jobs.data ? (
          <ErrorState error={jobs.error} what="The list of jobs" onRetry={() => jobs.refetch()} />
        ) : jobs.isPending ? (
          <SkeletonRows rows={9} />
        ) : (
          <TaskJobs jobs={items} />
        )}
      </div>
    </>
  );
}
