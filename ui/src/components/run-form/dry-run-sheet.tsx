import { Link } from "@tanstack/react-router";
import type { DryRun } from "@/api/task";
import { Sheet } from "@/components/ui/dialog";
import { Section } from "@/components/ui/section";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Tag } from "@/components/ui/state-word";
import { duration } from "@/lib/duration";
import { formatJson } from "@/lib/json";
import { counted } from "@/lib/number";

type Step = DryRun["steps"][number];

/** What a job would do with the input of the form. */
export function DryRunSheet({ result, onClose }: { result: DryRun | undefined; onClose: () => void }) {
  return (
    <Sheet open={!!result} onOpenChange={(open) => !open && onClose()} title="Check only" className="w-[560px]">
      {result && <Result result={result} />}
    </Sheet>
  );
}

function Result({ result }: { result: DryRun }) {
  const problems = result.steps.reduce((sum, step) => sum + step.problems.length, 0);
  const hooks = Object.entries(result.hooks).filter(([, actions]) => actions.length);
  return (
    <>
      <p className="border-line border-b px-4 py-3">
        Nothing started. With this input, release {result.release} runs {counted(result.steps.length, "step")}
        {result.attempts > 1 && `, up to ${counted(result.attempts, "time")}`}
        {result.timeout && `, for at most ${duration(result.timeout * 1000)}`}.{" "}
        {problems > 0 && <span className="text-failed">{counted(problems, "template")} would fail.</span>}
      </p>
      {(result.blockers.length > 0 || result.warnings.length > 0) && (
        <Section title="Why it would wait, and warnings">
          <ul className="flex flex-col gap-1.5 px-4 pb-3">
            {result.blockers.map((blocker) => (
              <li key={`${blocker.step_name} ${blocker.message}`} className="flex gap-2 text-waiting">
                <StateGlyph state="waiting" label="" className="mt-[3px]" />
                <span>
                  {blocker.step_name && <b className="font-medium">{blocker.step_name}: </b>}
                  {blocker.message}
                </span>
              </li>
            ))}
            {result.warnings.map((warning) => (
              <li key={warning} className="flex gap-2">
                <StateGlyph state="skipped" label="" className="mt-[3px]" />
                {warning}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Steps" remark={result.steps.length}>
        <ol>
          {result.steps.map((step) => (
            <DryStep key={step.step_name} step={step} />
          ))}
        </ol>
      </Section>
      {hooks.length > 0 && (
        <Section title="Afterwards">
          <ul className="px-4 pb-3 text-text-2">
            {hooks.map(([when, actions]) => (
              <li key={when}>
                {when}: {actions.join(", ")}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Input">
        <Json value={result.input} />
      </Section>
    </>
  );
}

function DryStep({ step }: { step: Step }) {
  const isSkipped = step.condition_value === false;
  const later = Object.entries(step.later);
  return (
    <li className="flex flex-col gap-1 border-line border-t px-4 py-2">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <b className="font-medium">{step.step_name}</b>
        <span className="text-12 text-text-3">{remarkOf(step)}</span>
        {isSkipped && <Tag state="skipped">Skipped: {step.condition}</Tag>}
        {step.condition_value === null && step.condition && <Tag>when {step.condition}</Tag>}
        {step.cache?.job_id && (
          <Link to="/jobs/$jobId" params={{ jobId: step.cache.job_id }} className="text-12 text-accent hover:underline">
            takes the result of {step.cache.job_id.slice(0, 8)}
          </Link>
        )}
      </div>
      {step.problems.map((problem) => (
        <p key={problem} className="text-12 text-failed">
          {problem}
        </p>
      ))}
      {Object.keys(step.input).length > 0 && <Json value={step.input} isInner />}
      {later.length > 0 && (
        <p className="text-12 text-text-3">
          Known later: {later.map(([name, { reads }]) => `${name} (from ${reads.join(", ") || "the run"})`).join(", ")}
        </p>
      )}
    </li>
  );
}

function remarkOf(step: Step): string {
  const words = [
    step.action_type,
    step.is_loop ? (step.items === null ? "a loop" : counted(step.items, "item")) : "",
    step.max_concurrency ? `${step.max_concurrency} at once` : "",
    step.attempts > 1 ? counted(step.attempts, "attempt") : "",
    step.timeout ? `at most ${duration(step.timeout * 1000)}` : "",
    step.tags.length ? `on ${step.tags.join(", ")}` : "",
    step.is_final ? "at the end, whatever happened" : "",
  ];
  return words.filter(Boolean).join(" · ");
}

function Json({ value, isInner }: { value: unknown; isInner?: boolean }) {
  return (
    <pre
      className={`overflow-x-auto bg-sunken text-12 ${isInner ? "rounded-2 px-2 py-1.5" : "mx-4 mb-3 rounded-2 px-3 py-2"}`}
    >
      {formatJson(value)}
    </pre>
  );
}
