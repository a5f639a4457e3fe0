import { useState } from "react";
import type { Schemas } from "@/api/client";
import { counted } from "@/lib/number";
import { shortRevision } from "@/lib/standing";
import { PlanDefinition, PlanFire } from "./plan-definition";
import { PlanFile } from "./plan-file";
import { Segments } from "./segments";

type Plan = Schemas["ReleasePlan"];
const VIEWS = [
  { value: "fields", label: "Fields" },
  { value: "text", label: "Text" },
] as const;

interface Props {
  plan: Plan;
  /** The head's first word; none in dialogs, which have titles. */
  title?: string;
  /** What the changes lead to, if that is no revision. */
  to?: string;
  /** The workspace to whose tasks the names lead. */
  workspace?: string;
}

/** What changes from one release to another: definitions by field, files as text. */
export function PlanView({ plan, title, to, workspace }: Props) {
  const [view, setView] = useState<"fields" | "text">("fields");
  return (
    <div className="flex flex-none flex-col">
      <div className="flex min-h-9 items-center gap-2 px-4 py-1.5">
        {title && <h2 className="font-semibold text-13">{title}</h2>}
        <span className="min-w-0 text-12 text-text-3">
          {labelOf(plan.old)} → {to ?? labelOf(plan.new)}: {planWords(plan)}
        </span>
        {plan.changed && (
          <Segments value={view} onChange={setView} options={VIEWS} label="View of the changes" className="ml-auto" />
        )}
      </div>
      {view === "fields" ? <ByField plan={plan} workspace={workspace} /> : <ByText plan={plan} />}
    </div>
  );
}

function ByField({ plan, workspace }: Pick<Props, "plan" | "workspace">) {
  const changed = new Set(plan.changes.filter(({ kind }) => kind === "trigger").map(({ name }) => name));
  return (
    <>
      {plan.changes.map((change) => (
        <PlanDefinition
          key={`${change.kind} ${change.name}`}
          change={change}
          workspace={workspace}
          fire={change.kind === "trigger" ? plan.fires.find((fire) => fire.trigger === change.name) : undefined}
        />
      ))}
      {plan.fires
        .filter((fire) => !changed.has(fire.trigger))
        .map((fire) => (
          <PlanFire key={fire.trigger} fire={fire} />
        ))}
      {plan.files
        .filter((file) => !file.definitions)
        .map((file) => (
          <PlanFile key={file.path} file={file} />
        ))}
      <PlanRemarks plan={plan} />
      <LeftOut number={plan.changes_left_out} noun="definition" />
    </>
  );
}

function ByText({ plan }: { plan: Plan }) {
  return (
    <>
      {plan.files.map((file) => (
        <PlanFile key={file.path} file={file} />
      ))}
      {plan.files.length === 0 && <p className="px-4 pb-3 text-text-2">No file differs.</p>}
      <LeftOut number={plan.files_left_out} noun="file" />
    </>
  );
}

/** What else follows: secrets that come into use, rights that somebody gains or loses, and jobs that run on. */
function PlanRemarks({ plan }: { plan: Plan }) {
  const lines = [
    ...plan.uses.map(
      (use) =>
        `${use.kind === "secret" ? "Secret" : "Connection"} ${use.name} ${use.change === "added" ? "comes into use" : "is no longer used"}${use.tasks.names.length ? ` by ${use.tasks.names.join(", ")}` : ""}.`,
    ),
    ...plan.rights.map(rightsWords),
    ...(plan.rights_left_out ? [`${counted(plan.rights_left_out, "further change")} of rights.`] : []),
    ...plan.jobs.map(
      (jobs) =>
        `${counted(jobs.jobs, "live job")} of ${jobs.task} ${jobs.jobs === 1 ? "goes" : "go"} on with ${jobs.jobs === 1 ? "its" : "their"} own release.`,
    ),
  ];
  return lines.map((line) => (
    <p key={line} className="px-4 pb-2 text-12 text-text-2">
      {line}
    </p>
  ));
}

const RIGHTS_WORDS = { gained: "gains", lost: "loses", withheld: "does not gain", kept: "keeps" };

/** `Group dev gains job.run on default/deploy/*.` */
function rightsWords({ kind, name, change, verbs, workspaces, tasks, except_at }: Plan["rights"][number]): string {
  const who = `${kind.charAt(0).toUpperCase()}${kind.slice(1).replaceAll("_", " ")}${name ? ` ${name}` : ""}`;
  const where = workspaces === "*" && tasks === "*" ? "everything" : `${workspaces}/${tasks}`;
  const but = except_at.length ? `, but not on ${except_at.join(", ")}` : "";
  return `${who} ${RIGHTS_WORDS[change]} ${verbs.join(", ")} on ${where}${but}.`;
}

function LeftOut({ number, noun }: { number: number; noun: string }) {
  return number > 0 ? <p className="px-4 pb-3 text-12 text-text-3">{counted(number, `further ${noun}`)}</p> : null;
}

/** The changes of a plan in one line: `1 to add, 2 to change; 3 files differ; rights change`. */
function planWords(plan: Plan): string {
  if (!plan.changed) return "nothing changes";
  const total = { added: 0, changed: 0, removed: 0, broken: 0 };
  for (const kind of plan.summary.filter(({ kind }) => kind !== "file")) {
    total.added += kind.added;
    total.changed += kind.changed;
    total.removed += kind.removed;
    total.broken += kind.broken;
  }
  const parts = [
    total.added && `${total.added} to add`,
    total.changed && `${total.changed} to change`,
    total.removed && `${total.removed} to remove`,
    total.broken && `${total.broken} with mistakes`,
  ].filter(Boolean);
  const number = plan.files.length + plan.files_left_out;
  const files = number ? `${counted(number, "file")} ${number === 1 ? "differs" : "differ"}` : "";
  const rights = plan.rights.length + plan.rights_left_out ? "rights change" : "";
  return [parts.join(", "), files, rights].filter(Boolean).join("; ") || "nothing that runs changes";
}

function labelOf(label: Plan["old"]): string {
  if (!label) return "nothing";
  return label.release ? `release ${label.release}` : shortRevision(label.revision);
}
