import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { messageOf } from "@/api/error";
import type { Job } from "@/api/job";
import { planRerun, type RerunBody, useRerun } from "@/api/jobActions";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Sheet } from "@/components/ui/dialog";
import { ErrorLine } from "@/components/ui/error-line";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { Segments } from "@/components/ui/segments";
import { Select } from "@/components/ui/select";
import { SkeletonRows } from "@/components/ui/skeleton";
import { showToast } from "@/components/ui/toast";
import { formatJson, isObject, parseJson } from "@/lib/json";
import { useSettled } from "@/lib/use-settled";
import { RerunPlanView } from "./rerun-plan";
import { inputToChange } from "./values";

type Part = "whole" | "failed" | "from";

interface Props {
  job: Job;
  selected: string | null;
  onClose: () => void;
}

/** Runs an ended job again: all of it, what failed, or from a step. What it would do is shown before. */
export function RerunSheet({ job, selected, onClose }: Props) {
  const navigate = useNavigate();
  const rerun = useRerun(job.job_id);
  const hasFailed = job.steps.some((step) => step.status === "failed" || step.status === "cancelled");
  const [part, setPart] = useState<Part>(job.status === "failed" && hasFailed ? "failed" : "whole");
  const [step, setStep] = useState(selected ?? job.steps[0]?.step_name ?? "");
  const [release, setRelease] = useState<"pinned" | "current" | null>(null);
  const [input, setInput] = useState<string | null>(null);
  const settled = useSettled(input);
  const read = useMemo(() => readInput(input), [input]);
  const body: RerunBody = {
    failed: part === "failed",
    steps: part === "from" ? [step] : [],
    release: release ?? (part === "whole" ? "current" : "pinned"),
    input: "value" in read ? read.value : null,
  };
  const plan = useQuery({
    queryKey: ["job", job.job_id, "rerun-plan", formatJson(body, 0)],
    queryFn: ({ signal }) => planRerun(job.job_id, body, signal),
    enabled: !("mistake" in read) && settled === input,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
  });
  const run = () =>
    rerun.mutate(body, {
      onSuccess: ({ job_id, warnings }) => {
        onClose();
        showToast({ text: `Job ${job_id.slice(0, 8)} started${warnings.length ? `. ${warnings.join(" ")}` : ""}` });
        navigate({ to: "/jobs/$jobId", params: { jobId: job_id } });
      },
    });
  const parts = [
    { value: "whole", label: "All of it" },
    ...(hasFailed ? [{ value: "failed" as const, label: "What failed" }] : []),
    { value: "from", label: "From a step" },
  ] as const;
  const error = rerun.error ?? plan.error;
  return (
    <Sheet open onOpenChange={onClose} title={`Run ${job.task_name} again`} className="w-[520px]">
      <div className="flex h-full flex-col">
        <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-auto p-4">
          <div className="flex flex-wrap items-center gap-4">
            <Segments<Part> label="What runs again" value={part} onChange={setPart} options={parts} />
            <Segments<"pinned" | "current">
              label="Release"
              value={body.release ?? "current"}
              onChange={setRelease}
              options={[
                { value: "current", label: "Current release" },
                { value: "pinned", label: "Release of the job" },
              ]}
            />
          </div>
          {part === "from" && (
            <Field label="From step" help="It runs again, and those behind it.">
              <Select value={step} onChange={setStep} options={stepOptions(job, selected)} />
            </Field>
          )}
          <div className="flex items-center gap-2">
            <Checkbox
              id="changes-input"
              checked={input !== null}
              onChange={(on) => setInput(on ? formatJson(inputToChange(job.raw_input, job.input)) : null)}
            />
            <label htmlFor="changes-input">With changed input</label>
          </div>
          {input !== null && (
            <Field
              label="Input"
              remark="JSON"
              help="A secret that stays •••••• keeps its value."
              error={"mistake" in read ? read.mistake : undefined}
            >
              <Textarea
                rows={Math.min(Math.max(input.split("\n").length, 4), 16)}
                className="font-mono text-12"
                spellCheck={false}
                value={input}
                onChange={(event) => setInput(event.target.value)}
              />
            </Field>
          )}
          <ErrorLine error={error} />
          {plan.data ? <RerunPlanView plan={plan.data} /> : !error && <SkeletonRows rows={6} height={28} />}
        </div>
        <footer className="flex flex-none items-center gap-2 border-line border-t px-4 py-3">
          <Button
            variant="primary"
            onClick={run}
            disabled={rerun.isPending || !plan.data || plan.isError || "mistake" in read}
          >
            Run again
          </Button>
          <Button variant="quiet" onClick={onClose}>
            Not now
          </Button>
        </footer>
      </div>
    </Sheet>
  );
}

/** Steps outside of loops, and the selected one. */
function stepOptions(job: Job, selected: string | null) {
  const names = job.steps.filter((step) => step.loop_index === null).map((step) => step.step_name);
  if (selected && !names.includes(selected)) names.unshift(selected);
  return names.slice(0, 500).map((name) => ({ value: name, label: name }));
}

function readInput(text: string | null): { value: Record<string, unknown> | null } | { mistake: string } {
  if (text === null) return { value: null };
  try {
    const value = parseJson(text);
    return isObject(value) ? { value } : { mistake: "The input is an object: {…}" };
  } catch (error) {
    return { mistake: `This is no JSON: ${messageOf(error)}` };
  }
}
