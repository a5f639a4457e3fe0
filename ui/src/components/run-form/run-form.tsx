import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Link as LinkGlyph, Play, RotateCcw, Terminal } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { jobQuery } from "@/api/job";
import { useRefusal } from "@/api/rights";
import type { Task } from "@/api/task";
import { Button } from "@/components/ui/button";
import { copyText } from "@/components/ui/copy-text";
import { Field } from "@/components/ui/field";
import { Segments } from "@/components/ui/segments";
import { StateGlyph } from "@/components/ui/state-glyph";
import { showToast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { useShortcuts } from "@/lib/keys";
import { Control } from "./control";
import { DryRunSheet } from "./dry-run-sheet";
import { JsonControl } from "./json-control";
import { commandOf, copiedWords, limitsOf, linkOf, remarkOf } from "./model";
import { inputOfJob, type RunFormState } from "./use-run-form";

interface Props {
  workspace: string;
  task: Task;
  form: RunFormState;
  /** The newest job, whose input can be taken over. */
  lastJob?: string;
  className?: string;
}

const TOO_LONG = "Nothing was copied: with these values the link is longer than servers take. Copy as command instead.";

/** The form that starts a job of a task, made from its input. Its foot stays in view. */
export function RunForm({ workspace, task, form, lastJob, className }: Props) {
  const { fields, input, errors, run, dryRun } = form;
  const navigate = useNavigate();
  const cache = useQueryClient();
  const body = useRef<HTMLFormElement>(null);
  const [isFilling, setFilling] = useState(false);
  const refusal = useRefusal("job.run", { workspace, task: task.id });
  const isStarting = run.isPending || run.isSuccess;
  const failed = run.error ?? dryRun.error;
  useEffect(() => {
    if (failed) body.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [failed]);
  const takeLast = async () => {
    if (!lastJob) return;
    setFilling(true);
    try {
      const job = await cache.fetchQuery(jobQuery(lastJob));
      form.fill(inputOfJob(job.raw_input), job.job_id);
    } finally {
      setFilling(false);
    }
  };
  const start = async () => {
    if (form.isUnfinished || isStarting || refusal) return;
    dryRun.reset();
    const { job_id, warnings } = await run.mutateAsync(form.given());
    const link = { label: "Open", to: `/jobs/${job_id}` };
    showToast({ text: `Job ${job_id.slice(0, 8)} started`, link });
    for (const text of warnings) showToast({ tone: "waiting", text });
    navigate({ to: "/jobs/$jobId", params: { jobId: job_id } });
  };
  const submit = () => void start().catch(() => undefined);
  const check = () => {
    if (form.isUnfinished || isStarting) return;
    run.reset();
    dryRun.mutate(form.given());
  };
  const copy = async (text: string, what: string) => {
    if (await copyText(text)) showToast({ text: copiedWords(what, fields, input) });
  };
  const copyLink = () => {
    const link = linkOf(location.pathname, fields, input, form.source);
    if (link) copy(`${location.origin}${link}`, "The link");
    else showToast({ tone: "failed", text: TOO_LONG });
  };
  const group = "Run";
  useShortcuts([
    { keys: "ctrl+Enter", label: "Run", group, whileTyping: true, run: submit },
    { keys: "r", label: "Go to the form", group, run: () => focusFirst(body.current) },
  ]);
  return (
    <section aria-label="Run" className={cn("flex min-h-0 flex-col bg-surface", className)}>
      <div className="flex h-9 flex-none items-center gap-2 border-line border-b px-4">
        <h2 className="font-semibold">Run</h2>
        <Segments
          className="ml-auto"
          label="View of the input"
          value={form.view}
          onChange={(view) => !form.isUnfinished && form.setView(view)}
          options={[
            { value: "form", label: "Form" },
            { value: "json", label: "JSON" },
          ]}
        />
        <Button
          variant="quiet"
          size="sm"
          disabled={!lastJob || isFilling}
          title={lastJob ? `Take over the input of job ${lastJob.slice(0, 8)}` : "No job has run yet"}
          onClick={takeLast}
        >
          <RotateCcw size={13} />
          Last input
        </Button>
      </div>
      <form
        ref={body}
        noValidate
        className="flex min-h-0 flex-1 flex-col gap-3.5 overflow-auto px-4 py-3.5"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {errors.other.map((message) => (
          <p key={message} role="alert" className="flex gap-1.5 text-failed">
            <StateGlyph state="failed" label="" className="mt-[3px]" />
            {message}
          </p>
        ))}
        {form.view === "json" ? (
          <>
            <JsonControl
              aria-label="Input as JSON"
              className="min-h-[280px] flex-1"
              value={input}
              onChange={(value) => form.setInput(inputOfJob(value))}
              unfinished={form.unfinished[""]}
              onUnfinished={(text) => form.leave("", text)}
            />
            {Object.entries(errors.of).map(([name, message]) => (
              <p key={name} className="text-12 text-failed">
                {name}: {message}
              </p>
            ))}
          </>
        ) : fields.length === 0 ? (
          <p className="text-text-3">This task takes no input.</p>
        ) : (
          fields.map(([name, field]) => (
            <div key={name} data-field={name}>
              <Field
                label={field.name ?? name}
                remark={remarkOf(field)}
                help={[field.description, limitsOf(field)].filter(Boolean).join(" · ")}
                error={errors.of[name]}
                isInline={field.type === "boolean" && !field.multiple}
              >
                <Control
                  workspace={workspace}
                  task={task}
                  name={name}
                  field={field}
                  input={input}
                  source={form.source}
                  onChange={(value) => form.set(name, value)}
                  unfinished={form.unfinished[name]}
                  onUnfinished={(text) => form.leave(name, text)}
                />
              </Field>
            </div>
          ))
        )}
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
      <div className="sticky bottom-0 flex flex-none items-center gap-2 border-line border-t bg-surface px-4 py-2.5">
        <Button
          variant="primary"
          disabled={form.isUnfinished || isStarting}
          refusal={refusal}
          title="Ctrl Enter"
          onClick={submit}
        >
          <Play size={14} />
          Run
        </Button>
        <Button disabled={form.isUnfinished || dryRun.isPending} refusal={refusal} onClick={check}>
          Check only
        </Button>
        <span className="ml-auto flex">
          <Button
            variant="quiet"
            size="icon"
            aria-label="Copy a link that fills in the form"
            title="Copy a link that fills in the form"
            onClick={copyLink}
          >
            <LinkGlyph size={15} />
          </Button>
          <Button
            variant="quiet"
            size="icon"
            aria-label="Copy as command"
            title="Copy as command"
            onClick={() => copy(commandOf(workspace, task.id, fields, input), "The command")}
          >
            <Terminal size={15} />
          </Button>
        </span>
      </div>
      <DryRunSheet result={dryRun.data} onClose={dryRun.reset} />
    </section>
  );
}

function focusFirst(form: HTMLElement | null): void {
  form?.querySelector<HTMLElement>("input, textarea, button[role]")?.focus();
}
