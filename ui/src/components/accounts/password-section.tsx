import { useState } from "react";
import { useChangePassword } from "@/api/account";
import { useMethodNames } from "@/api/config";
import type { Me } from "@/api/me";
import { Button } from "@/components/ui/button";
import { ErrorLine } from "@/components/ui/error-line";
import { Field } from "@/components/ui/field";
import { NewPasswordFields, useNewPassword } from "@/components/ui/new-password";
import { PasswordInput } from "@/components/ui/password-input";
import { Section } from "@/components/ui/section";
import { showToast } from "@/components/ui/toast";

/** Changes one's password. */
export function PasswordSection({ me }: { me: Me }) {
  const [current, setCurrent] = useState("");
  const { value, setValue, isGood, clear } = useNewPassword();
  const change = useChangePassword();
  const names = useMethodNames(me.auth_methods);
  if (!me.auth_methods.includes("password")) {
    return (
      <Section title="Password">
        <p className="px-4 pb-3 text-text-3">You have none: you sign in with {names.join(" or ") || "nothing yet"}.</p>
      </Section>
    );
  }
  const onSuccess = () => {
    setCurrent("");
    clear();
    showToast({ text: "The password is changed. Your other sessions have ended." });
  };
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    if (isGood) change.mutate({ current_password: current, new_password: value.first }, { onSuccess });
  };
  return (
    <Section title="Password" remark="a change ends your other sessions">
      <form onSubmit={send} className="grid max-w-[360px] gap-3 px-4 pb-4">
        <input type="hidden" name="email" autoComplete="username" value={me.email} readOnly />
        <Field label="Present password">
          <PasswordInput
            name="current-password"
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        </Field>
        <NewPasswordFields value={value} onChange={setValue} />
        <ErrorLine error={change.error} />
        <Button type="submit" className="justify-self-start" disabled={!isGood || !current || change.isPending}>
          Change the password
        </Button>
      </form>
    </Section>
  );
}
