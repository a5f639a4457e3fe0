import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { deviceQuery, useDecideDevice } from "@/api/device";
import { ApiError, messageOf } from "@/api/error";
import { useMe } from "@/api/me";
import { Page } from "@/components/frame/page";
import { OFF_WORDS } from "@/components/frame/user-menu";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorLine } from "@/components/ui/error-line";
import { RelativeTime } from "@/components/ui/time";
import { visibleText } from "@/lib/json";
import { useSession } from "@/session/session";
import { CodeForm } from "./code-form";

/** Lets a program in that shows a code, such as `stroem login`. `given` is the code of a link. */
export function DevicePage({ given }: { given: string }) {
  const { status } = useSession();
  const [code, setCode] = useState(given);
  const [done, setDone] = useState<"in" | "out">();
  const asked = useQuery({ ...deviceQuery(code), enabled: code !== "" && status === "in" });
  const isUnknown = asked.error instanceof ApiError && asked.error.status === 404;
  const error = isUnknown
    ? "No program waits with this code. It may be too old."
    : asked.error && messageOf(asked.error);
  return (
    <Page title="Let a program in">
      {status === "off" && <EmptyState title="Nobody signs in here.">{OFF_WORDS}</EmptyState>}
      {status === "in" && (
        <div className="grid content-start gap-3 p-4">
          {done && (
            <p role="status">
              {done === "in" ? "The program is signed in. You can close this page." : "The program is refused."}
            </p>
          )}
          {!done && asked.data && <Question code={code} {...asked.data} onDone={setDone} />}
          {!done && !asked.data && (
            <>
              <p className="text-text-2">
                Enter the code that the program shows, which you have just started yourself.
              </p>
              <CodeForm code={code} error={error || undefined} isPending={asked.isFetching} onCode={setCode} />
            </>
          )}
        </div>
      )}
    </Page>
  );
}

interface QuestionProps {
  code: string;
  name: string;
  address: string;
  created_at: string;
  onDone: (how: "in" | "out") => void;
}

function Question({ code, name, address, created_at, onDone }: QuestionProps) {
  const me = useMe();
  const decide = useDecideDevice();
  const answer = (letsIn: boolean) => () =>
    decide.mutate({ code, letsIn }, { onSuccess: () => onDone(letsIn ? "in" : "out") });
  return (
    <div className="grid max-w-[520px] gap-3">
      <p>
        <strong className="font-semibold">{visibleText(name)}</strong> at <span className="font-mono">{address}</span>{" "}
        asks to be signed in as {me?.email}, <RelativeTime at={created_at} />.
      </p>
      <p className="text-text-2">
        It may then do all that you may. Let it in only if you have started it yourself: nobody else needs your code.
      </p>
      <ErrorLine error={decide.error} />
      <div className="flex gap-2">
        <Button variant="primary" disabled={decide.isPending} onClick={answer(true)}>
          Let it in
        </Button>
        <Button variant="danger" disabled={decide.isPending} onClick={answer(false)}>
          Refuse
        </Button>
      </div>
    </div>
  );
}
