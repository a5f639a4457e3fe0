import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { messageOf } from "@/api/error";
import { releasePagesQuery } from "@/api/releases";
import { planQuery, useWorkspaceAct } from "@/api/workspace";
import { Field } from "@/components/ui/field";
import { FormDialog } from "@/components/ui/form-dialog";
import { Input } from "@/components/ui/input";
import { ReasonField } from "@/components/ui/reason-field";
import { Segments } from "@/components/ui/segments";
import { Select } from "@/components/ui/select";
import { SkeletonRows } from "@/components/ui/skeleton";
import { refWords } from "@/lib/standing";
import { PlanPart } from "./plan-dialog";
import { releaseOptions } from "./release-options";

const WAYS = [
  { value: "ref", label: "Branch, tag or commit" },
  { value: "release", label: "Commit of a kept release" },
] as const;

interface Props {
  workspace: Schemas["WorkspaceItem"];
  onClose: () => void;
}

/** Follows another branch, tag or commit. The first press of the verb shows what that changes, the second does it. */
export function PinDialog({ workspace, onClose }: Props) {
  const [way, setWay] = useState<"ref" | "release">("ref");
  const [ref, setRef] = useState("");
  const [planned, setPlanned] = useState("");
  const [reason, setReason] = useState("");
  const plan = useQuery({ ...planQuery(workspace.name, planned), enabled: !!planned });
  const act = useWorkspaceAct(workspace.name, "pin");
  const wanted = ref.trim();
  const isAsked = !!planned && planned === wanted;
  const isShown = isAsked && !!plan.data;
  const submit = () => {
    if (isShown) act.mutate({ ref: wanted, reason: reason.trim() || undefined }, { onSuccess: onClose });
    else if (isAsked) plan.refetch();
    else setPlanned(wanted);
  };
  const error = isAsked && plan.error ? messageOf(plan.error) : undefined;
  const control = { value: ref, onChange: setRef, error };
  return (
    <FormDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Pin ${workspace.name}?`}
      description="It is followed instead of what the settings say, until somebody presses Follow git again. A branch moves on; a tag or a commit stays."
      verb={isShown ? "Pin" : "See what changes"}
      className="w-[760px]"
      isDisabled={!wanted || act.isPending || (isAsked && plan.isFetching)}
      error={act.error}
      onSubmit={submit}
    >
      <Segments
        value={way}
        onChange={(next) => {
          setWay(next);
          setRef("");
        }}
        options={WAYS}
        label="What to pin to"
        className="self-start"
      />
      {way === "ref" ? (
        <RefField {...control} now={workspace.ref} />
      ) : (
        <ReleaseField onChange={setRef} error={error} workspace={workspace.name} />
      )}
      <ReasonField value={reason} onChange={setReason} />
      {isShown && plan.data && <PlanPart plan={plan.data} />}
      {isAsked && plan.isFetching && <SkeletonRows rows={3} />}
    </FormDialog>
  );
}

interface ControlProps {
  value: string;
  onChange: (ref: string) => void;
  error?: string;
}

function RefField({ value, onChange, error, now }: ControlProps & { now: string | null }) {
  return (
    <Field label="Branch, tag or commit" help={now && `Now it follows ${refWords(now)}.`} error={error}>
      <Input
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="font-mono text-13"
        autoComplete="off"
        spellCheck={false}
        autoFocus
      />
    </Field>
  );
}

function ReleaseField({ onChange, error, workspace }: Omit<ControlProps, "value"> & { workspace: string }) {
  const pages = useInfiniteQuery(releasePagesQuery(workspace));
  const [number, setNumber] = useState("");
  const options = releaseOptions(pages.data);
  const choose = (chosen: string) => {
    setNumber(chosen);
    onChange(options.find((one) => String(one.number) === chosen)?.revision ?? "");
  };
  return (
    <Field label="Release" help="Its commit is pinned. To bring back its files as they were, roll back." error={error}>
      <Select
        value={number}
        onChange={choose}
        placeholder="Choose"
        options={options.map((one) => ({ value: String(one.number), label: one.label }))}
      />
    </Field>
  );
}
