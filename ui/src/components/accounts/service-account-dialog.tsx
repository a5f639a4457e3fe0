import { useState } from "react";
import { type ServiceAccountChange, type ServiceAccountItem, useChangeServiceAccount } from "@/api/service-accounts";
import { FormDialog } from "@/components/ui/form-dialog";
import { counted } from "@/lib/number";
import { GroupsField } from "./groups-field";

interface Props {
  act: ServiceAccountChange["act"];
  account: ServiceAccountItem;
  onClose: () => void;
}

/** Asks before something is done with an account of a program. */
export function ServiceAccountDialog({ act, account, onClose }: Props) {
  const { name, keys, is_disabled: isDisabled } = account;
  const [groups, setGroups] = useState<string[]>([...account.groups]);
  const change = useChangeServiceAccount(name);
  const { made, ...words } = {
    groups: {
      title: `Groups of ${name}`,
      description: "Its rights change at once.",
      verb: "Set the groups",
      made: { act: "groups", groups } satisfies ServiceAccountChange,
    },
    disabled: {
      title: isDisabled ? `Enable ${name}?` : `Disable ${name}?`,
      description: isDisabled ? "Its keys are good again." : "Its keys are refused until it is enabled again.",
      verb: isDisabled ? "Enable" : "Disable",
      made: { act: "disabled", is_disabled: !isDisabled } satisfies ServiceAccountChange,
    },
    delete: {
      title: `Delete ${name}?`,
      description: `${keys.length ? `Its ${counted(keys.length, "key")} will be refused from now on. ` : ""}What it did stays in the record.`,
      verb: "Delete",
      made: { act: "delete" } satisfies ServiceAccountChange,
    },
  }[act];
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      {...words}
      isDestructive={act === "delete" || (act === "disabled" && !isDisabled)}
      isDisabled={change.isPending}
      error={change.error}
      onSubmit={() => change.mutate(made, { onSuccess: onClose })}
    >
      {act === "groups" && <GroupsField value={groups} onChange={setGroups} />}
    </FormDialog>
  );
}
