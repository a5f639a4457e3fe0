import { useState } from "react";
import { type UserChange, type UserItem, useChangeUser } from "@/api/users";
import { FormDialog } from "@/components/ui/form-dialog";
import { showToast } from "@/components/ui/toast";
import { GroupsField } from "./groups-field";
import { ResetLinkDialog } from "./reset-link-dialog";
import { type UserAct, userName } from "./user-acts";
import { UserSessionsDialog } from "./user-sessions-dialog";

interface Props {
  act: UserAct;
  user: UserItem;
  onClose: () => void;
}

/** Asks before something is done with a user. */
export function UserDialog({ act, user, onClose }: Props) {
  if (act === "reset-link") return <ResetLinkDialog user={user} onClose={onClose} />;
  if (act === "sessions") return <UserSessionsDialog user={user} onClose={onClose} />;
  return <ChangeDialog act={act} user={user} onClose={onClose} />;
}

function ChangeDialog({ act, user, onClose }: Props & { act: Exclude<UserAct, "reset-link" | "sessions"> }) {
  const [groups, setGroups] = useState<string[]>([...user.groups]);
  const change = useChangeUser(user.user_id);
  const name = userName(user);
  const { made, done, ...words } = {
    groups: {
      title: `Groups of ${name}`,
      description: "Their rights change at once.",
      verb: "Set the groups",
      made: { act: "groups", groups } satisfies UserChange,
      done: `The groups of ${name} are set.`,
    },
    admin: {
      title: user.is_admin ? `Take administrator away from ${name}?` : `Make ${name} an administrator?`,
      description: user.is_admin
        ? "They may do what rules say from now on."
        : "Administrators may do everything, and change the rights of others.",
      verb: user.is_admin ? "Take away" : "Make administrator",
      made: { act: "admin", is_admin: !user.is_admin } satisfies UserChange,
      done: user.is_admin ? `${name} is no administrator any more.` : `${name} is an administrator.`,
    },
    disabled: {
      title: user.is_disabled ? `Enable ${name}?` : `Disable ${name}?`,
      description: user.is_disabled
        ? "They can sign in again, and their keys are good again."
        : "Their sessions end, their keys are refused, and they cannot sign in. Nothing of theirs is deleted.",
      verb: user.is_disabled ? "Enable" : "Disable",
      made: { act: "disabled", is_disabled: !user.is_disabled } satisfies UserChange,
      done: user.is_disabled ? `${name} can sign in.` : `${name} is disabled.`,
    },
    delete: {
      title: `Delete ${name}?`,
      description: "Their sessions end and their keys are deleted. What they did stays in the record.",
      verb: "Delete",
      made: { act: "delete" } satisfies UserChange,
      done: `${name} is deleted.`,
    },
  }[act];
  const onSuccess = () => {
    showToast({ text: done });
    onClose();
  };
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      {...words}
      isDestructive={act === "delete" || (act === "disabled" && !user.is_disabled)}
      isDisabled={change.isPending}
      error={change.error}
      onSubmit={() => change.mutate(made, { onSuccess })}
    >
      {act === "groups" && <GroupsField value={groups} onChange={setGroups} />}
    </FormDialog>
  );
}
