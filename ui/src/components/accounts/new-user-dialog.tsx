import { useState } from "react";
import { useCreateUser } from "@/api/users";
import { Checkbox } from "@/components/ui/checkbox";
import { Field } from "@/components/ui/field";
import { FormDialog } from "@/components/ui/form-dialog";
import { Input } from "@/components/ui/input";
import { showToast } from "@/components/ui/toast";
import { GroupsField } from "./groups-field";

/** Adds a user, who has no password yet. */
export function NewUserDialog({ onClose }: { onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [groups, setGroups] = useState<string[]>([]);
  const [isAdmin, setAdmin] = useState(false);
  const create = useCreateUser();
  const onSuccess = () => {
    showToast({ text: `${email.trim()} is added.` });
    onClose();
  };
  const submit = () => {
    const named = name.trim() ? { name: name.trim() } : {};
    create.mutate({ email: email.trim(), ...named, groups, is_admin: isAdmin }, { onSuccess });
  };
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title="New user"
      description="They sign in with a provider that knows the address, or with a password that they set by a link of yours."
      verb="Add"
      leave="Not now"
      isDisabled={create.isPending || !email.trim()}
      error={create.error}
      onSubmit={submit}
    >
      <Field label="E-mail">
        <Input type="email" autoFocus required value={email} onChange={(event) => setEmail(event.target.value)} />
      </Field>
      <Field label="Name" remark="optional">
        <Input value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <GroupsField value={groups} onChange={setGroups} />
      <Field label="Administrator" remark="may do everything" isInline>
        <Checkbox checked={isAdmin} onChange={setAdmin} />
      </Field>
    </FormDialog>
  );
}
