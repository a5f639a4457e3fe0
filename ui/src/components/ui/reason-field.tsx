import { Field } from "./field";
import { Input } from "./input";

interface Props {
  value: string;
  onChange: (reason: string) => void;
  autoFocus?: boolean;
}

/** Why something is done, which is kept. */
export function ReasonField({ value, onChange, autoFocus }: Props) {
  return (
    <Field label="Reason" remark="optional" help="It is shown to others and kept with the event.">
      <Input value={value} onChange={(event) => onChange(event.target.value)} maxLength={500} autoFocus={autoFocus} />
    </Field>
  );
}
