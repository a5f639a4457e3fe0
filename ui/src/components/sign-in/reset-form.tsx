import { Link } from "@tanstack/react-router";
import { useResetPassword } from "@/api/account";
import { Button } from "@/components/ui/button";
import { ErrorLine } from "@/components/ui/error-line";
import { NewPasswordFields, useNewPassword } from "@/components/ui/new-password";

/** Sets a new password by the token of an administrator's link. */
export function ResetForm({ token }: { token: string }) {
  const reset = useResetPassword();
  const { value, setValue, isGood } = useNewPassword();
  if (!token) return <p className="text-text-2">The link is not whole. Ask an administrator for another one.</p>;
  if (reset.isSuccess) {
    return (
      <>
        <p role="status" className="text-text-2">
          The password is set.
        </p>
        <Button asChild variant="primary" className="h-(--h-control-lg)">
          <Link to="/login">Sign in</Link>
        </Button>
      </>
    );
  }
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    if (isGood) reset.mutate({ token, new_password: value.first });
  };
  return (
    <form onSubmit={send} className="grid gap-3">
      <NewPasswordFields value={value} onChange={setValue} autoFocus />
      <ErrorLine error={reset.error} />
      <Button type="submit" variant="primary" className="h-(--h-control-lg)" disabled={!isGood || reset.isPending}>
        Set the password
      </Button>
    </form>
  );
}
