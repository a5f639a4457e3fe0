import { useQuery } from "@tanstack/react-query";
import { LogIn } from "lucide-react";
import type { Schemas } from "@/api/client";
import { waysQuery } from "@/api/config";
import { Button } from "@/components/ui/button";
import { ErrorLine } from "@/components/ui/error-line";
import { PasswordForm } from "./password-form";

interface Props {
  /** Where a provider comes back to. */
  next: string;
  /** The address that is filled in. */
  email?: string;
  /** Why signing in with a provider failed. */
  error?: string;
}

/** The ways to sign in that the server offers: providers first, then a password. */
export function SignIn({ next, email, error }: Props) {
  const config = useQuery(waysQuery).data;
  if (!config) return null;
  const { oidc_providers: providers, has_internal_auth: hasPasswords } = config;
  return (
    <>
      <ErrorLine error={error} />
      {providers.map((provider, index) => (
        <ProviderButton key={provider.id} provider={provider} next={next} isMain={index === 0} />
      ))}
      {providers.length > 0 && hasPasswords && (
        <p className="flex items-center gap-2.5 text-12 text-text-3 before:flex-1 before:border-line-2 before:border-t after:flex-1 after:border-line-2 after:border-t">
          or with a password
        </p>
      )}
      {hasPasswords && <PasswordForm email={email} isMain={providers.length === 0} />}
      {!hasPasswords && providers.length === 0 && (
        <p className="text-text-2">The server has no way to sign in. Its setting `auth.providers` lists them.</p>
      )}
    </>
  );
}

interface ProviderProps {
  provider: Schemas["OidcProvider"];
  next: string;
  isMain: boolean;
}

/** Leads to a provider, or says that it is away. */
function ProviderButton({ provider, next, isMain }: ProviderProps) {
  const variant = isMain ? "primary" : "outline";
  const label = (
    <>
      <LogIn size={14} aria-hidden />
      Go on with {provider.display_name}
    </>
  );
  if (provider.is_available) {
    return (
      <Button asChild variant={variant} className="h-(--h-control-lg)">
        <a href={`/api/auth/oidc/${encodeURIComponent(provider.id)}?next=${encodeURIComponent(next)}`}>{label}</a>
      </Button>
    );
  }
  return (
    <div className="grid gap-1">
      <Button variant={variant} className="h-(--h-control-lg)" disabled>
        {label}
      </Button>
      <p role="status" className="text-12 text-waiting">
        {provider.display_name} does not answer now. The button works as soon as it does.
      </p>
    </div>
  );
}
