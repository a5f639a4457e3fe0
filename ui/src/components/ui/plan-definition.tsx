import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { fireWords } from "@/lib/fires";
import { definitionWords, taskOf } from "@/lib/kind";
import { counted } from "@/lib/number";
import { yamlText } from "@/lib/yaml-text";
import { CodeBox } from "./code-line";
import { UnifiedDiff } from "./unified-diff";

type Change = Schemas["DefinitionChange"];
type FieldChange = Schemas["FieldChange"];

const SIGN: Record<string, [string, string, string]> = {
  added: ["+", "text-add", "Added"],
  changed: ["~", "text-waiting", "Changed"],
  removed: ["−", "text-del", "Removed"],
  broken: ["!", "text-failed", "Has mistakes"],
};

/** The sign of a change with its word. */
export function ChangeSign({ change }: { change: string }) {
  const [sign, colour, word] = SIGN[change] ?? ["~", "text-waiting", "Changed"];
  return (
    <span className={`flex-none font-mono ${colour}`} role="img" aria-label={word} title={word}>
      {sign}
    </span>
  );
}

interface Props {
  change: Change;
  fire?: Schemas["FireChange"];
  /** The workspace to whose tasks the names lead. */
  workspace?: string;
}

/** A definition that changes, with its fields as they were and will be. */
export function PlanDefinition({ change, fire, workspace }: Props) {
  const task = change.change === "removed" ? undefined : taskOf(change);
  const hasRows = change.fields.length > 0 || fire !== undefined;
  return (
    <CodeBox
      head={
        <>
          <ChangeSign change={change.change} />
          <b className="min-w-0 truncate font-medium">
            {workspace && task ? (
              <Link to="/tasks/$workspace/$" params={{ workspace, _splat: task }} className="hover:underline">
                {definitionWords(change)}
              </Link>
            ) : (
              definitionWords(change)
            )}
          </b>
          <UsedBy names={change.used_by} />
        </>
      }
    >
      {hasRows && (
        <div className="py-1.5">
          {change.fields.map((field) => (
            <FieldRow key={field.path} field={field} />
          ))}
          {fire && <FireRow fire={fire} />}
          {change.fields_left_out > 0 && (
            <p className="px-3 text-12 text-text-3">{counted(change.fields_left_out, "further field")}</p>
          )}
        </div>
      )}
    </CodeBox>
  );
}

/** A trigger whose definition stays, but whose fires do not. */
export function PlanFire({ fire }: { fire: Schemas["FireChange"] }) {
  return (
    <CodeBox
      head={
        <>
          <ChangeSign change="changed" />
          <b className="font-medium">trigger {fire.trigger}</b>
          <span className="truncate text-12 text-text-3">starts {fire.task}</span>
        </>
      }
    >
      <div className="py-1.5">
        <FireRow fire={fire} />
      </div>
    </CodeBox>
  );
}

/** What uses a definition or a file. */
export function UsedBy({ names }: { names: Schemas["NameList"] }) {
  if (names.names.length === 0) return null;
  const more = names.left_out ? ` and ${names.left_out} more` : "";
  return (
    <span className="min-w-0 truncate text-12 text-text-3">
      used by {names.names.join(", ")}
      {more}
    </span>
  );
}

const ROW =
  "grid grid-cols-[minmax(132px,max-content)_minmax(0,1fr)] gap-x-4 px-3 py-[3px] font-mono text-12 leading-5 max-sm:grid-cols-1";

function FieldRow({ field }: { field: FieldChange }) {
  if (field.diff.length > 0)
    return (
      <div>
        <div className={ROW}>
          <span className="text-text-3">{field.path}</span>
        </div>
        <UnifiedDiff lines={field.diff} />
      </div>
    );
  return (
    <div className={ROW}>
      <span className="max-w-[280px] break-words text-text-3">{field.path}</span>
      <span className="min-w-0 break-words">
        {field.change !== "added" && <Value value={field.old} tone="bg-del-bg text-del" isSecret={field.secret} />}
        {field.change === "changed" && " → "}
        {field.change !== "removed" && <Value value={field.new} tone="bg-add-bg text-add" isSecret={field.secret} />}
        {field.shortened && <span className="text-text-3"> shortened</span>}
      </span>
    </div>
  );
}

function Value({ value, tone, isSecret }: { value: unknown; tone: string; isSecret: boolean }) {
  return (
    <span className={`whitespace-pre-wrap rounded-[2px] box-decoration-clone px-1 ${tone}`}>
      {isSecret ? "••••••" : valueText(value)}
    </span>
  );
}

function FireRow({ fire }: { fire: Schemas["FireChange"] }) {
  const words = fireWords(fire);
  return (
    <div className={ROW}>
      <span className="text-text-3">next fire</span>
      <span>
        {words.old}
        {words.old && words.now && " → "}
        {words.now} <span className="text-waiting">{words.remark}</span>
      </span>
    </div>
  );
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value || "“”";
  return yamlText(value);
}
