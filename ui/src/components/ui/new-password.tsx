import { useState } from "react";
import { Field } from "./field";
import { PasswordInput } from "./password-input";

export interface NewPassword {
  first: string;
  again: string;
}

const EMPTY: NewPassword = { first: "", again: "" };

/** The two fields of a new password, and whether they are the same. */
export function useNewPassword() {
  const [value, setValue] = useState(EMPTY);
  const isGood = value.first !== "" && value.first === value.again;
  return { value, setValue, isGood, clear: () => setValue(EMPTY) };
}

interface Props {
  value: NewPassword;
  onChange: (value: NewPassword) => void;
  /** What the server has against it. */
  error?: string;
  autoFocus?: boolean;
}

/** A new password, typed twice. */
export function NewPasswordFields({ value, onChange, error, autoFocus }: Props) {
  const differs = !value.first.startsWith(value.again);
  return (
    <>
      <Field label="New password" error={error} help="12 characters or more, and hard to guess.">
        <PasswordInput
          name="new-password"
          autoComplete="new-password"
          required
          autoFocus={autoFocus}
          value={value.first}
          onChange={(event) => onChange({ ...value, first: event.target.value })}
        />
      </Field>
      <Field label="New password again" error={differs ? "The two passwords are not the same." : undefined}>
        <PasswordInput
          name="new-password-again"
          autoComplete="new-password"
          required
          value={value.again}
          onChange={(event) => onChange({ ...value, again: event.target.value })}
        />
      </Field>
    </>
  );
}
