import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { sessionsQuery, useEndOtherSessions, useEndSession } from "@/api/account";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/error-state";
import { FormDialog } from "@/components/ui/form-dialog";
import { Section } from "@/components/ui/section";
import { SkeletonRows } from "@/components/ui/skeleton";
import { showToast } from "@/components/ui/toast";
import { counted } from "@/lib/number";
import { SessionTable } from "./session-table";

/** Where one is signed in. */
export function MySessions() {
  const { data, error, refetch } = useQuery(sessionsQuery);
  const [isAsked, ask] = useState(false);
  const end = useEndSession();
  const endOthers = useEndOtherSessions();
  const others = (data ?? []).filter((session) => !session.is_current).length;
  const close = () => {
    ask(false);
    endOthers.reset();
  };
  return (
    <Section
      title="Sessions"
      remark="where you are signed in"
      actions={
        others > 0 && (
          <Button size="sm" onClick={() => ask(true)}>
            End all others
          </Button>
        )
      }
    >
      {error && !data && <ErrorState error={error} what="The list of sessions" onRetry={refetch} />}
      {!error && !data && <SkeletonRows rows={2} height={32} hasHead />}
      {data && <SessionTable sessions={data} onEnd={({ session_id }) => end.mutate(session_id)} />}
      <FormDialog
        open={isAsked}
        onOpenChange={close}
        title="End all other sessions?"
        description={`${counted(others, "session")} will have to sign in again. This one goes on.`}
        verb="End them"
        isDestructive
        isDisabled={endOthers.isPending}
        error={endOthers.error}
        onSubmit={() =>
          endOthers.mutate(undefined, {
            onSuccess: ({ ended }) => {
              close();
              showToast({ text: `${counted(ended, "session")} ended.` });
            },
          })
        }
      />
    </Section>
  );
}
