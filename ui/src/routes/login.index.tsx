import { createFileRoute } from "@tanstack/react-router";
import { LoginPage } from "@/components/sign-in/login-page";
import { only } from "@/lib/search";
import { nextPath } from "@/session/next-path";

export const Route = createFileRoute("/login/")({
  component: Login,
  validateSearch: only((raw): { next?: string } => {
    const next = nextPath(raw["next"]);
    return next === "/" ? {} : { next };
  }),
});

function Login() {
  return <LoginPage next={Route.useSearch().next ?? "/"} />;
}
