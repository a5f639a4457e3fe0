import { useState } from "react";
import type { Task, TaskField, Input as Values } from "@/api/task";
import { Checkbox } from "@/components/ui/checkbox";
import { Choice } from "@/components/ui/choice";
import { Input, Textarea } from "@/components/ui/input";
import { textOf, typedValue } from "@/lib/fields";
import { isObject } from "@/lib/json";
import { FoundChoice } from "./found-choice";
import { localOf, onClocks, withOffset } from "./instant";
import { JsonControl } from "./json-control";
import { isConnection } from "./model";
import { SecretControl } from "./secret-control";

export interface ControlProps {
  workspace: string;
  task: Task;
  name: string;
  field: TaskField;
  input: Values;
  /** The job whose secrets the dots stand for. */
  source?: string;
  onChange: (value: unknown) => void;
  /** The text of the field while it is no JSON yet, where the field is written as JSON. */
  unfinished?: string;
  onUnfinished: (text: string | undefined) => void;
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

/** The control for a field's type. */
export function Control(props: ControlProps) {
  const { task, name, field, input, source, onChange, unfinished, onUnfinished, workspace: _, ...aria } = props;
  const value = input[name];
  const text = textOf(value);
  const custom = (typed: string) => typedValue(field.type, typed);
  if (isObject(value)) return <JsonControl {...{ value, onChange, unfinished, onUnfinished }} {...aria} />;
  if (isConnection(field)) {
    const names = task.connections?.[field.type] ?? [];
    const options = [...names.map((one) => ({ value: one })), { value: {}, label: "Own values" }];
    return <Choice value={value} onChange={onChange} options={options} isClearable={!field.required} {...aria} />;
  }
  if (field.options_from) return <FoundChoice {...props} />;
  if (field.type === "boolean") return <Checkbox checked={value === true} onChange={onChange} {...aria} />;
  if (field.secret && !field.multiple)
    return <SecretControl value={text} source={source} onChange={onChange} {...aria} />;
  if (field.options || field.multiple)
    return (
      <Choice
        value={value}
        onChange={onChange}
        options={(field.options ?? []).map((one) => ({ value: one }))}
        isMultiple={!!field.multiple}
        isClearable={!field.required}
        onCustom={!field.options || field.allow_custom ? custom : undefined}
        {...aria}
      />
    );
  return <TextControl type={field.type} text={text} onChange={(typed) => onChange(custom(typed))} {...aria} />;
}

interface TextProps extends Pick<ControlProps, "id" | "aria-describedby" | "aria-invalid"> {
  type: string;
  text: string;
  onChange: (text: string) => void;
}

/** A typed text: of several lines, a number, a day, an instant in the viewer's zone. */
function TextControl({ type, text, onChange, ...aria }: TextProps) {
  if (type === "text")
    return (
      <Textarea
        rows={3}
        className="field-sizing-content max-h-[320px] min-h-16"
        value={text}
        onChange={(event) => onChange(event.target.value)}
        {...aria}
      />
    );
  if (type === "date" && (!text || /^\d{4}-\d\d-\d\d$/.test(text)))
    return <Input type="date" value={text} onChange={(event) => onChange(event.target.value)} {...aria} />;
  const local = type === "datetime" ? localOf(text) : undefined;
  if (local !== undefined) return <InstantControl local={local} onChange={onChange} {...aria} />;
  const isFigure = type === "integer" || type === "number";
  return (
    <Input
      value={text}
      inputMode={isFigure ? "decimal" : undefined}
      className={isFigure ? "tabular-nums" : undefined}
      autoComplete="off"
      onChange={(event) => onChange(event.target.value)}
      {...aria}
    />
  );
}

/** An instant in the viewer's zone. A time that clocks skip is moved on, and that is told. */
function InstantControl({ local, onChange, ...aria }: Omit<TextProps, "type" | "text"> & { local: string }) {
  const [skipped, setSkipped] = useState("");
  const change = (typed: string) => {
    setSkipped(onClocks(typed) === typed ? "" : typed);
    onChange(withOffset(typed));
  };
  return (
    <>
      <Input type="datetime-local" step={1} value={local} onChange={(event) => change(event.target.value)} {...aria} />
      <output className="text-12 text-waiting empty:hidden">
        {skipped && `Clocks skip ${skipped.slice(11, 16)} on this day: it became ${onClocks(skipped).slice(11, 16)}.`}
      </output>
    </>
  );
}
