import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { configQuery } from "@/api/config";
import { useTabTitle } from "@/components/frame/page";
import { ErrorState } from "@/components/ui/error-state";
import { startSession, useSession } from "@/session/session";
import { Outside } from "./outside";
import { placeWords } from "./place-words";
import { SignIn } from "./sign-in";

interface Props {
  /** The path to go to once somebody is signed in. */
  next: string;
  error?: string;
}

/** Signs in, and goes on to where somebody wanted to be. Who is signed in already goes there at once. */
export function LoginPage({ next, error }: Props) {
  const { history } = useRouter();
  const { status } = useSession();
  const version = useQuery(configQuery).data?.version;
  const start = useQuery({ queryKey: ["session"], queryFn: () => startSession().then(() => true) });
  useTabTitle("Sign in");
  useEffect(() => {
    if (status === "in" || status === "off") history.replace(next);
  }, [status, history, next]);
  const foot = [version && `Strøm ${version}.`, placeWords(next)].filter(Boolean).join(" ");
  return (
    <Outside title="Sign in to Strøm" foot={foot}>
      {status === "starting" && start.error && (
        <ErrorState error={start.error} what="The sign-in" onRetry={start.refetch} />
      )}
      {status === "out" && <SignIn next={next} error={error} />}
    </Outside>
  );
}
