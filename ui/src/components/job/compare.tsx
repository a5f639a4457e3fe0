import { Link } from "@tanstack/react-router";
import type { Job } from "@/api/job";
import { Revision } from "@/components/ui/revision";
import { Section } from "@/components/ui/section";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { StateWord } from "@/components/ui/state-word";
import { ClockTime, Elapsed } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/duration";
import { plainText } from "@/lib/json";
import { changeOf, pairSteps, type StepPair } from "./compare-model";
import { differences } from "./values";

const GRID =
  "grid grid-cols-[minmax(120px,1fr)_minmax(0,2fr)_minmax(0,2fr)] gap-x-4 px-4 max-sm:grid-cols-[minmax(80px,1fr)_minmax(0,2fr)_minmax(0,2fr)] max-sm:gap-x-2";

/** Two jobs of a task: how they ended, what they were given, what they gave, and how long each step took. */
export function Comparison({ left, right }: { left: Job; right: Job }) {
  const pairs = pairSteps(left, right);
  const most = Math.max(1, ...pairs.flatMap((pair) => [pair.leftMs ?? 0, pair.rightMs ?? 0]));
  return (
    <div>
      <div className={cn(GRID, "border-line border-b py-3")}>
        <span className="text-11 text-text-3">Job</span>
        <Head job={left} />
        <Head job={right} />
      </div>
      <Values title="Input" left={left.input} right={right.input} />
      <Values title="Output" left={left.output} right={right.output} />
      <Section title="Steps" remark={pairs.length}>
        <ul className="pb-3">
          {pairs.map((pair) => (
            <li key={pair.path} className={cn(GRID, "min-h-7 items-center hover:bg-hover")}>
              <span className="truncate" title={pair.path}>
                {pair.path}
              </span>
              <Side step={pair.left} ms={pair.leftMs} most={most} />
              <Side step={pair.right} ms={pair.rightMs} most={most} change={changeOf(pair.leftMs, pair.rightMs)} />
            </li>
          ))}
        </ul>
      </Section>
    </div>
  );
}

function Head({ job }: { job: Job }) {
  return (
    <div className="min-w-0">
      <p className="flex flex-wrap items-center gap-x-3">
        <Link
          to="/jobs/$jobId"
          params={{ jobId: job.job_id }}
          className="font-mono text-12 text-accent hover:underline"
        >
          {job.job_id.slice(0, 8)}
        </Link>
        <StateWord state={stateOf(job.status)} />
      </p>
      <p className="text-12 text-text-2">
        <ClockTime at={job.created_at} />
        {job.started_at && (
          <>
            {" · "}
            <Elapsed from={job.started_at} to={job.completed_at} />
          </>
        )}
      </p>
      <p className="truncate text-12 text-text-3">
        release {job.release ?? "–"} {job.revision && <Revision revision={job.revision} />}
      </p>
    </div>
  );
}

function Values({ title, left, right }: { title: string; left: unknown; right: unknown }) {
  const found = differences(left, right);
  return (
    <Section title={title} remark={found.length === 0 ? "the same" : undefined}>
      {found.length > 0 && (
        <ul className="pb-3">
          {found.slice(0, 200).map((one) => (
            <li key={one.path} className={cn(GRID, "py-0.5")}>
              <span className="truncate font-mono text-12" title={one.path}>
                {one.path || "all of it"}
              </span>
              <Value value={one.left} tone="bg-del-bg" sign="−" />
              <Value value={one.right} tone="bg-add-bg" sign="+" />
            </li>
          ))}
          {found.length > 200 && <li className="px-4 text-text-3">{found.length - 200} more differ.</li>}
        </ul>
      )}
    </Section>
  );
}

function Value({ value, tone, sign }: { value: unknown; tone: string; sign: string }) {
  if (value === undefined) return <span className="text-text-3">none</span>;
  return (
    <code
      className={cn(
        "block max-h-32 overflow-auto whitespace-pre-wrap rounded-1 px-1 text-12 [overflow-wrap:anywhere]",
        tone,
      )}
    >
      <span className="select-none text-text-3">{sign} </span>
      {plainText(value).slice(0, 5000)}
    </code>
  );
}

interface SideProps {
  step: StepPair["left"];
  ms: number | null;
  most: number;
  change?: string | null;
}

function Side({ step, ms, most, change }: SideProps) {
  if (!step) return <span className="text-text-3">not there</span>;
  return (
    <span className="flex min-w-0 items-center gap-x-2 text-12 tabular-nums max-sm:flex-wrap">
      <StateGlyph state={stateOf(step.status)} />
      <span className="w-20 flex-none text-text-2 max-sm:w-auto">{ms === null ? "–" : duration(ms)}</span>
      <span aria-hidden className="h-1 min-w-0 flex-1 overflow-hidden rounded-full bg-line max-sm:hidden">
        <span className="block h-full bg-faint" style={{ width: `${((ms ?? 0) / most) * 100}%` }} />
      </span>
      <span
        className={cn(
          "w-14 flex-none text-right max-sm:w-auto",
          change?.startsWith("−") ? "text-completed" : "text-waiting",
        )}
      >
        {change}
      </span>
    </span>
  );
}
