import { ValueTree } from "@/components/ui/value-tree";
import { visibleText } from "@/lib/json";
import type { JobView } from "./use-job-view";

/** What the job and its selected step were given and what they gave. */
export function ValuesPane({ view: { job, selected } }: { view: JobView }) {
  const name = job.job_id.slice(0, 8);
  const step = selected?.node?.step;
  return (
    <div className="min-h-0 flex-1 overflow-auto">
      <ValueTree title="Input" file={`${name}-input.json`} value={job.input} />
      <ValueTree title="Output" file={`${name}-output.json`} value={job.output} />
      {step && (
        <>
          <ValueTree
            title={`Input of ${step.step_name}`}
            file={`${name}-${step.step_name}-input.json`}
            value={step.input}
          />
          <ValueTree
            title={`Output of ${step.step_name}`}
            file={`${name}-${step.step_name}-output.json`}
            value={step.output}
          />
          {step.error_message && <StepError text={step.error_message} />}
        </>
      )}
    </div>
  );
}

function StepError({ text }: { text: string }) {
  return (
    <section className="px-4 py-2">
      <h2 className="mb-1 font-semibold">Error</h2>
      <pre className="whitespace-pre-wrap text-12 text-failed [overflow-wrap:anywhere]">{visibleText(text)}</pre>
    </section>
  );
}
