import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, listError } from "@/api/error";
import { type NewJoinToken, useCreateJoinToken } from "@/api/machines";
import { workspaceNamesQuery } from "@/api/workspaces";
import { Field } from "@/components/ui/field";
import { FormDialog } from "@/components/ui/form-dialog";
import { Input } from "@/components/ui/input";
import { ListField } from "@/components/ui/list-field";
import { Select } from "@/components/ui/select";
import { ShownOnce } from "@/components/ui/shown-once";

const LIVES = [
  { value: "1", label: "an hour" },
  { value: "24", label: "a day" },
  { value: "168", label: "a week" },
  { value: "720", label: "30 days" },
];
const LISTS = ["workspaces", "tags", "abilities"] as const;

/** Makes a join token, and shows it once. */
export function NewJoinTokenDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [hours, setHours] = useState("24");
  const [uses, setUses] = useState("1");
  const [bounds, setBounds] = useState<Partial<Record<(typeof LISTS)[number], string[]>>>({});
  const [made, setMade] = useState<NewJoinToken>();
  const create = useCreateJoinToken();
  const workspaces = useQuery(workspaceNamesQuery).data ?? [];
  if (made) {
    return (
      <ShownOnce
        title={`The join token ${made.name || made.prefix}`}
        description="Give it to a worker as join_token in its settings. Copy it now: it is never shown again. When it is lost, revoke it and make another one."
        secret={made.token}
        onClose={onClose}
      />
    );
  }
  const { error } = create;
  const submit = () => {
    const body = { name: name.trim(), expires_in_hours: Number(hours), uses: uses === "" ? null : Number(uses) };
    create.mutate({ ...body, ...bounds }, { onSuccess: setMade });
  };
  const list = (key: (typeof LISTS)[number], label: string, help: string, options: readonly string[] = []) => (
    <ListField
      label={label}
      help={help}
      error={listError(error, key)}
      value={bounds[key]}
      onChange={(value) => setBounds((before) => ({ ...before, [key]: value }))}
      options={options}
    />
  );
  const usesError = error instanceof ApiError ? error.fields["uses"] : undefined;
  const isOfFields = usesError !== undefined || LISTS.some((key) => listError(error, key) !== undefined);
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title="New join token"
      description="A worker that starts with it gets an identity of its own, which you can revoke alone."
      verb="Make the token"
      leave="Not now"
      isDisabled={create.isPending}
      error={isOfFields ? null : error}
      onSubmit={submit}
    >
      <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
        <Field label="Name" remark="optional">
          <Input autoFocus maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Good for">
          <Select value={hours} onChange={setHours} options={LIVES} />
        </Field>
        <Field label="Workers" help="How many may join with it; empty for any number." error={usesError}>
          <Input type="number" min={1} value={uses} onChange={(event) => setUses(event.target.value)} />
        </Field>
        {list("workspaces", "Workspaces", "They run only jobs of these.", workspaces)}
        {list("tags", "Tags", "They may offer only these.")}
        {list("abilities", "Abilities", "They may offer only these, such as script.")}
      </div>
    </FormDialog>
  );
}
