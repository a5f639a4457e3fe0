import { useState } from "react";
import { useCreateServiceAccount } from "@/api/service-accounts";
import { Field } from "@/components/ui/field";
import { FormDialog } from "@/components/ui/form-dialog";
import { Input } from "@/components/ui/input";
import { GroupsField } from "./groups-field";

/** Adds an account of a program. */
export function NewServiceAccountDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [groups, setGroups] = useState<string[]>([]);
  const create = useCreateServiceAccount();
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title="New service account"
      description="An account of a program: it signs in with keys alone, and its rights are those of its groups."
      verb="Add"
      leave="Not now"
      isDisabled={create.isPending || !name.trim()}
      error={create.error}
      onSubmit={() => create.mutate({ name: name.trim(), groups }, { onSuccess: onClose })}
    >
      <Field label="Name" help="Such as deploy-pipeline.">
        <Input autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <GroupsField value={groups} onChange={setGroups} />
    </FormDialog>
  );
}
