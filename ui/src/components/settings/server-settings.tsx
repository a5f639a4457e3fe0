import type { FollowedSettings } from "@/api/settings";
import { Revision } from "@/components/ui/revision";
import { Section } from "@/components/ui/section";
import { StateWord } from "@/components/ui/state-word";
import { RelativeTime } from "@/components/ui/time";
import { counted } from "@/lib/number";
import { Line } from "./browser-settings";

/** The settings file and the set of workspaces that a running server follows, with their mistakes. */
export function ServerSettings({ settings }: { settings: FollowedSettings }) {
  return (
    <>
      <File file={settings.file} />
      <Workspaces from={settings.workspaces_from} />
      <Rules from={settings.rules_from} />
    </>
  );
}

function File({ file }: { file: FollowedSettings["file"] }) {
  if (!file)
    return (
      <Section title="Settings file">
        <p className="px-4 pb-3 text-text-2">
          The server runs without one: each setting is a default, an option of the command or a variable.
        </p>
      </Section>
    );
  return (
    <Section title="Settings file" remark="followed while the server runs">
      <Line label="File">
        <code className="break-all text-12">{file.file}</code>
      </Line>
      <Line label="State">
        {file.error ? (
          <StateWord state="failed" word="Not in effect" />
        ) : (
          <StateWord state="completed" word="In effect" />
        )}
      </Line>
      {file.error && (
        <pre className="mx-4 mb-3 whitespace-pre-wrap rounded-2 border border-line bg-failed-tint px-3 py-2 text-12 text-failed [overflow-wrap:anywhere]">
          {file.error}
        </pre>
      )}
      {file.needs_restart.length > 0 && (
        <Line label="Need a restart" help="They changed in the file and hold once the server starts again.">
          <code className="text-12 text-waiting">{file.needs_restart.join(", ")}</code>
        </Line>
      )}
    </Section>
  );
}

function Workspaces({ from }: { from: FollowedSettings["workspaces_from"] }) {
  if (!from) return null;
  return (
    <Section title="Set of workspaces" remark="followed from a repository">
      <Line label="Source">
        <code className="break-all text-12">{from.origin}</code>
        {from.ref && <span className="text-text-3">{from.ref}</span>}
      </Line>
      <Line label="In effect">
        {from.revision ? <Revision revision={from.revision} /> : "none yet"}
        <span>{counted(from.workspaces, "workspace")}</span>
        {from.checked_at && (
          <span className="text-text-3">
            looked <RelativeTime at={from.checked_at} />
          </span>
        )}
      </Line>
      {from.error && (
        <Line label="Newer revision">
          <span className="text-failed">{from.error}</span>
        </Line>
      )}
      {from.problems.map((problem) => (
        <Line key={`${problem.file}${problem.line}${problem.code}`} label={problem.code}>
          <code className="text-12">
            {problem.file}:{problem.line}
          </code>
          <span className="text-failed">{problem.message}</span>
        </Line>
      ))}
    </Section>
  );
}

function Rules({ from }: { from: FollowedSettings["rules_from"] }) {
  if (!from) return null;
  return (
    <Section title="Rules of rights" remark="followed from a workspace">
      <Line label="Workspace">
        <code className="break-all text-12">{from.workspace}</code>
      </Line>
      <Line label="In effect">
        {from.error ? (
          <span className="text-failed">Only the rules of the settings: {from.error}</span>
        ) : (
          <span>
            {counted(from.rules, "rule")} of release {from.release}
          </span>
        )}
      </Line>
    </Section>
  );
}
