import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiKeyRequest, NewApiKey } from "@/api/account";
import { listError } from "@/api/error";
import { verbsQuery } from "@/api/rights";
import { workspaceNamesQuery } from "@/api/workspaces";
import { Field } from "@/components/ui/field";
import { FormDialog } from "@/components/ui/form-dialog";
import { Input } from "@/components/ui/input";
import { ListField } from "@/components/ui/list-field";
import { Select } from "@/components/ui/select";
import { ShownOnce } from "@/components/ui/shown-once";

const LIVES = [
  { value: "7", label: "a week" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "a year" },
  { value: "never", label: "without an end" },
];

interface Props {
  /** Whose key it is, as in "It may do what … may do". */
  owner: string;
  create: {
    mutate: (body: ApiKeyRequest, options: { onSuccess: (key: NewApiKey) => void }) => void;
    isPending: boolean;
    error: unknown;
  };
  onClose: () => void;
}

/** Makes a key, and shows it once. */
export function NewKeyDialog({ owner, create, onClose }: Props) {
  const [name, setName] = useState("");
  const [life, setLife] = useState("90");
  const [scope, setScope] = useState<Record<string, string[]>>({});
  const [made, setMade] = useState<NewApiKey>();
  const workspaces = useQuery(workspaceNamesQuery).data ?? [];
  const verbs = useQuery(verbsQuery).data?.verbs.map(({ verb }) => verb) ?? [];
  if (made) {
    return (
      <ShownOnce
        title={`The key ${made.name}`}
        description="Copy it now: it is kept nowhere and never shown again. When it is lost, delete it and make another one."
        secret={made.key}
        onClose={onClose}
      />
    );
  }
  const submit = () => {
    const days = life === "never" ? {} : { expires_in_days: Number(life) };
    create.mutate({ name: name.trim(), ...days, ...scope }, { onSuccess: setMade });
  };
  const field = (key: keyof ApiKeyRequest, label: string, help: string, options: readonly string[] = []) => (
    <ListField
      label={label}
      help={help}
      error={listError(create.error, key)}
      value={scope[key]}
      onChange={(value) => setScope((before) => ({ ...before, [key]: value }))}
      options={options}
    />
  );
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title="New API key"
      description={`Programs sign in with it. It may do what ${owner} may do, or less.`}
      verb="Make the key"
      leave="Not now"
      isDisabled={create.isPending || !name.trim()}
      error={isOfFields(create.error) ? null : create.error}
      onSubmit={submit}
    >
      <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
        <Field label="Name">
          <Input autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Good for">
          <Select value={life} onChange={setLife} options={LIVES} />
        </Field>
        {field("workspaces", "Workspaces", "Only in these.", workspaces)}
        {field("tasks", "Tasks", "Only these; * stands for any letters.")}
        {field("verbs", "Verbs", "Only these, such as job.run.", verbs)}
        {field("addresses", "Addresses", "Only from these, such as 10.0.0.0/8.")}
      </div>
    </FormDialog>
  );
}

function isOfFields(error: unknown): boolean {
  return ["workspaces", "tasks", "verbs", "addresses"].some((key) => listError(error, key) !== undefined);
}
