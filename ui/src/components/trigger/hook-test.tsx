import { useState } from "react";
import { type TestedHook, type TriggerName, useTestHook } from "@/api/trigger";
import { Button } from "@/components/ui/button";
import { ErrorLine } from "@/components/ui/error-line";
import { Field } from "@/components/ui/field";
import { verdictState, verdictWords } from "@/components/ui/fire-cells";
import { Textarea } from "@/components/ui/input";
import { Segments } from "@/components/ui/segments";
import { StateWord } from "@/components/ui/state-word";
import { formatJson } from "@/lib/json";

type Method = "GET" | "POST" | "PUT";
const METHODS: readonly { value: Method; label: string }[] = [
  { value: "POST", label: "POST" },
  { value: "PUT", label: "PUT" },
  { value: "GET", label: "GET" },
];

/** Tells what a request would do; nothing is started. */
export function HookTest({ name }: { name: TriggerName }) {
  const [method, setMethod] = useState<Method>("POST");
  const [headers, setHeaders] = useState("Content-Type: application/json");
  const [body, setBody] = useState("{}");
  const test = useTestHook(name);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    test.mutate({ method, headers: headersOf(headers), body, remote: "127.0.0.1" });
  };
  return (
    <div className="grid grid-cols-2 max-lg:grid-cols-1">
      <form
        onSubmit={submit}
        className="flex flex-col gap-4 border-line border-r p-4 max-lg:border-r-0 max-lg:border-b"
      >
        <Segments label="Method" value={method} onChange={setMethod} options={METHODS} className="self-start" />
        <Field label="Headers" help="One in a line: its name, a colon, its value.">
          <Textarea
            rows={3}
            className="font-mono text-12"
            value={headers}
            onChange={(event) => setHeaders(event.target.value)}
          />
        </Field>
        <Field label="Body">
          <Textarea
            rows={9}
            className="font-mono text-12"
            value={body}
            onChange={(event) => setBody(event.target.value)}
          />
        </Field>
        <Button type="submit" variant="primary" className="self-start" disabled={test.isPending}>
          Test
        </Button>
      </form>
      <div className="min-w-0 p-4" aria-live="polite">
        <ErrorLine error={test.error} />
        {test.data && <Answer answer={test.data} />}
        {!test.error && !test.data && (
          <p className="text-text-3">What would happen is shown here. Nothing is started.</p>
        )}
      </div>
    </div>
  );
}

function Answer({ answer }: { answer: TestedHook }) {
  const verdict = answer.refused ? "refused" : answer.verdict;
  return (
    <div className="flex flex-col gap-3">
      <p className="flex flex-wrap items-center gap-2">
        <StateWord state={verdictState(verdict)} word={`It would be ${verdictWords(verdict)}`} />
        <span className="text-text-2">
          {answer.refused ?? answer.reason ?? (answer.task && `A job of ${answer.task} would start.`)}
        </span>
      </p>
      {answer.refused && (
        <p className="text-text-2">If it were authentic, it would be {verdictWords(answer.verdict)}.</p>
      )}
      {answer.key && (
        <p className="text-text-2">
          Its id is <code className="text-12">{answer.key}</code>
          {answer.duplicate_of && `, as of job ${answer.duplicate_of.slice(0, 8)}: it would be a duplicate`}.
        </p>
      )}
      {answer.warnings.map((warning) => (
        <p key={warning} className="text-waiting">
          {warning}
        </p>
      ))}
      {answer.input && <Value title="Input of the job" text={formatJson(answer.input)} />}
      {answer.answer && <Value title="Its answer" text={answer.answer} />}
    </div>
  );
}

function Value({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <h2 className="pb-1 text-11 text-text-3">{title}</h2>
      <pre className="overflow-x-auto rounded-2 border border-line bg-sunken px-3 py-2 text-12">{text}</pre>
    </div>
  );
}

/** Headers by name, from lines. */
function headersOf(text: string): Record<string, string> {
  const lines = text.split("\n").map((line) => /^([^:]+):(.*)$/.exec(line));
  return Object.fromEntries(lines.filter((line) => line !== null).map((line) => [line[1]?.trim(), line[2]?.trim()]));
}
