import { Choice } from "./choice";
import { Field } from "./field";

interface Props {
  label: string;
  help: string;
  value: readonly string[] | undefined;
  onChange: (value: string[]) => void;
  /** What is offered; other words may be typed. */
  options?: readonly string[];
  error?: string;
}

/** An optional list of words. */
export function ListField({ label, help, value = [], onChange, options = [], error }: Props) {
  return (
    <Field label={label} remark="optional" help={help} error={error}>
      <Choice
        value={[...value]}
        onChange={(chosen) => onChange(chosen as string[])}
        options={options.map((one) => ({ value: one }))}
        isMultiple
        onCustom={(text) => text.trim()}
      />
    </Field>
  );
}
