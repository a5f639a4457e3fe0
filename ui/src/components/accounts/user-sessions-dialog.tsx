import { useQuery } from "@tanstack/react-query";
import { type UserItem, useChangeUser, userSessionsQuery } from "@/api/users";
import { ErrorState } from "@/components/ui/error-state";
import { FormDialog } from "@/components/ui/form-dialog";
import { SkeletonRows } from "@/components/ui/skeleton";
import { showToast } from "@/components/ui/toast";
import { SessionTable } from "./session-table";
import { userName } from "./user-acts";

/** Where a user is signed in; all of it can be ended. */
export function UserSessionsDialog({ user, onClose }: { user: UserItem; onClose: () => void }) {
  const { data, error, refetch } = useQuery(userSessionsQuery(user.user_id));
  const change = useChangeUser(user.user_id);
  const name = userName(user);
  const onSuccess = () => {
    showToast({ text: `The sessions of ${name} have ended.` });
    onClose();
  };
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={`Sessions of ${name}`}
      description={data?.length === 0 ? "They are signed in nowhere." : "Ending them makes them sign in again."}
      verb="End all"
      leave="Close"
      isDestructive
      isDisabled={change.isPending || !data?.length}
      error={change.error}
      onSubmit={() => change.mutate({ act: "end-sessions" }, { onSuccess })}
      className="w-[720px]"
    >
      {error && !data && <ErrorState error={error} what="The list of sessions" onRetry={refetch} />}
      {!error && !data && <SkeletonRows rows={2} height={32} hasHead />}
      {data && data.length > 0 && <SessionTable sessions={data} />}
    </FormDialog>
  );
}
