import { useState } from "react";
import { fieldErrors, type Input, type Task, useDryRun, useRunTask } from "@/api/task";
import { hasDots } from "@/lib/dots";
import { fieldsOf } from "@/lib/fields";
import { isObject } from "@/lib/json";
import { changed, filled } from "./model";

/** Values to fill in, and the job that the dots in them are of. */
export interface Filling {
  input?: Input;
  from?: string;
}

/** What the form of a task holds, wherever it is shown. */
export type RunFormState = ReturnType<typeof useRunForm>;

/** The state of the form that starts a job of a task: one value, which the form and the JSON show. */
export function useRunForm(workspace: string, task: Task, filling: Filling) {
  const fields = fieldsOf(task.input);
  const names = fields.map(([name]) => name);
  const [input, setInput] = useState<Input>(() => filled(fields, filling.input));
  const [source, setSource] = useState(filling.from);
  const [view, setView] = useState<"form" | "json">("form");
  const [unfinished, setUnfinished] = useState<Readonly<Record<string, string>>>({});
  const run = useRunTask(workspace, task.id);
  const dryRun = useDryRun(workspace, task.id);
  const errors = fieldErrors(run.error ?? dryRun.error, names);
  const set = (name: string, value: unknown) => setInput((before) => changed(before, name, value));
  const fill = (values: Input, from: string | undefined) => {
    setInput(filled(fields, values));
    setUnfinished({});
    setSource(from);
    run.reset();
    dryRun.reset();
  };
  /** Keeps a text that is no JSON yet, by its field; `""` stands for all of the input. */
  const leave = (place: string, text: string | undefined) =>
    setUnfinished(({ [place]: _before, ...rest }) => (text === undefined ? rest : { ...rest, [place]: text }));
  const isUnfinished = Object.keys(unfinished).length > 0;
  const given = () => ({ input, source: source && hasDots(input) ? source : undefined });
  const shown = { fields, input, source, view, unfinished, isUnfinished, errors };
  return { ...shown, setInput, set, fill, setView, leave, given, run, dryRun };
}

/** The input of a job as values of the form; its secrets are dots. */
export function inputOfJob(raw: unknown): Input {
  return isObject(raw) ? raw : {};
}
