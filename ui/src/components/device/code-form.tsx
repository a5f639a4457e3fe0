import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

interface Props {
  /** What is filled in. */
  code: string;
  /** Why the code is not good. */
  error?: string;
  isPending: boolean;
  onCode: (code: string) => void;
}

/** The code that a program shows. */
export function CodeForm({ code, error, isPending, onCode }: Props) {
  const [typed, setTyped] = useState(code);
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    if (typed.trim()) onCode(typed.trim());
  };
  return (
    <form onSubmit={send} className="grid max-w-[320px] gap-3">
      <Field label="Code" error={error}>
        <Input
          name="code"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          required
          autoFocus
          placeholder="BCDF-GHJK"
          className="font-mono uppercase"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </Field>
      <Button type="submit" variant="primary" className="justify-self-start" disabled={isPending}>
        Go on
      </Button>
    </form>
  );
}
