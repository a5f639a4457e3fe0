import type { Schemas } from "@/api/client";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { Input, Textarea } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { textOf } from "@/lib/fields";
import { visibleText } from "@/lib/json";

type ApprovalField = Schemas["TaskField"];

const INPUT_TYPES: Record<string, string> = { date: "date", datetime: "datetime-local", time: "time" };
const LONG = ["text", "json", "object", "array", "list"];

interface Props {
  name: string;
  field: ApprovalField;
  value: unknown;
  error?: string;
  onChange: (value: unknown) => void;
}

/** A field of the form of an approval. */
export function AnswerField({ name, field, value, error, onChange }: Props) {
  const remark = [field.required ? "" : "optional", field.secret ? "secret" : ""].filter(Boolean).join(", ");
  const text = textOf(value);
  const options = field.multiple ? [] : (field.options ?? []).map(String);
  return (
    <Field
      label={visibleText(field.name ?? name)}
      remark={remark}
      help={visibleText(field.description ?? "")}
      error={error}
    >
      {field.type === "boolean" ? (
        <Checkbox checked={value === true} onChange={onChange} />
      ) : options.length && !field.allow_custom ? (
        <Select
          value={text}
          onChange={onChange}
          options={options.map((option) => ({ value: option, label: option }))}
          placeholder="Choose one"
        />
      ) : LONG.includes(field.type) || field.multiple ? (
        <Textarea rows={2} value={text} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <Input
          type={field.secret ? "password" : (INPUT_TYPES[field.type] ?? "text")}
          inputMode={field.type === "integer" || field.type === "number" ? "decimal" : undefined}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
