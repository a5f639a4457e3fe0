import { useState } from "react";
import { useSignIn } from "@/api/account";
import { ApiError, messageOf } from "@/api/error";
import { Button } from "@/components/ui/button";
import { ErrorLine } from "@/components/ui/error-line";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { PasswordInput } from "@/components/ui/password-input";
import { useNow } from "@/lib/clock";
import { duration } from "@/lib/duration";

interface Props {
  email?: string;
  /** Whether it is the main way to sign in. */
  isMain: boolean;
}

/** Signs in with an e-mail address and a password. After too many tries it says how long to wait. */
export function PasswordForm({ email: known = "", isMain }: Props) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [openAt, setOpenAt] = useState(0);
  const signIn = useSignIn();
  const left = Math.max(openAt - useNow(), 0);
  const { error } = signIn;
  const isWrong = error instanceof ApiError && error.status === 401;
  const isTooMany = error instanceof ApiError && error.status === 429;
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    if (left > 0) return;
    const onError = (failure: Error) => {
      if (failure instanceof ApiError && failure.retryAfter) setOpenAt(Date.now() + failure.retryAfter * 1000);
    };
    signIn.mutate({ email: email.trim(), password }, { onError });
  };
  return (
    <form onSubmit={send} className="grid gap-3">
      <Field label="E-mail">
        <Input
          type="email"
          name="email"
          autoComplete="username"
          autoCapitalize="none"
          required
          autoFocus={!known}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </Field>
      <Field label="Password" error={isWrong ? `${messageOf(error)}.` : undefined}>
        <PasswordInput
          name="password"
          autoComplete="current-password"
          required
          autoFocus={!!known}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
      {isTooMany ? <TooMany left={left} /> : !isWrong && <ErrorLine error={error} />}
      <Button
        type="submit"
        variant={isMain ? "primary" : "outline"}
        className="h-(--h-control-lg)"
        disabled={signIn.isPending || left > 0}
      >
        Sign in
      </Button>
    </form>
  );
}

function TooMany({ left }: { left: number }) {
  return (
    <p role="status" className="text-waiting">
      {left > 0 ? `Too many tries. The next one is possible in ${duration(left)}.` : "You can try again."}
    </p>
  );
}
