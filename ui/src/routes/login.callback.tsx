import { createFileRoute } from "@tanstack/react-router";
import { LoginPage } from "@/components/sign-in/login-page";
import { nextPath } from "@/session/next-path";
import { useFragment } from "@/session/use-fragment";

export const Route = createFileRoute("/login/callback")({ component: Callback });

/**
 * Where the sign-in of a provider ends. The token of the fragment is not used: anybody can write one into a link. The
 * session begins by the cookie that the server has set with it.
 */
function Callback() {
  const values = useFragment();
  const error = values.get("error") || "The sign-in did not come through. Try it once more.";
  return <LoginPage next={nextPath(values.get("next"))} error={error} />;
}
