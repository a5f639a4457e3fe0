import { Link } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { type LibraryItem, useLookAtLibrary } from "@/api/libraries";
import { Button } from "@/components/ui/button";
import { Fact, Facts } from "@/components/ui/facts";
import { libraryState, refWords } from "@/components/ui/library-state";
import { Revision } from "@/components/ui/revision";
import { StateWord } from "@/components/ui/state-word";
import { DueTime, RelativeTime } from "@/components/ui/time";
import { showToast } from "@/components/ui/toast";
import { visibleText } from "@/lib/json";
import { counted } from "@/lib/number";
import { personName } from "@/lib/person";
import { shortRevision } from "@/lib/standing";

/** Where a library comes from, how it stands, its last commit, and the workspaces that use it. */
export function LibraryDetails({ library }: { library: LibraryItem }) {
  const look = useLookAtLibrary();
  const { state, words } = libraryState(library);
  const since = library.conditions.find(({ type }) => type === "Ready")?.since;
  return (
    <div className="pb-3 sm:pl-10">
      <Facts className="flex-wrap border-b-0">
        <Fact label="Stands">
          <StateWord state={state} word={words} />
          {since && <RelativeTime at={since} className="font-normal text-text-3" />}
        </Fact>
        <Fact label="Revision in use">
          <Revision revision={library.revision} url={library.commit_url} />
        </Fact>
        {library.observed_revision !== library.revision && (
          <Fact label="Seen last">
            <Revision revision={library.observed_revision} />
          </Fact>
        )}
        <Fact label="Follows">{refWords(library)}</Fact>
        <Fact label="Type">{library.source_type}</Fact>
        {library.checked_at && (
          <Fact label="Looked at">
            <RelativeTime at={library.checked_at} />
          </Fact>
        )}
        {library.next_at && (
          <Fact label={library.failures ? "Tried again" : "Next look"}>
            <DueTime at={library.next_at} />
            {library.failures > 0 && (
              <span className="font-normal text-text-3">after {counted(library.failures, "failure")}</span>
            )}
          </Fact>
        )}
      </Facts>
      <div className="flex flex-col items-start gap-2 px-4">
        <code className="break-all text-12 text-text-3">{library.origin}</code>
        {library.commit && (
          <p>
            “{visibleText(library.commit.message.split("\n", 1)[0] ?? "")}” by {personName(library.commit.author)},{" "}
            <RelativeTime at={library.commit.at} className="text-text-3" />
          </p>
        )}
        {library.error && <p className="text-failed [overflow-wrap:anywhere]">{library.error}</p>}
        {library.problems?.map((problem) => (
          <p key={`${problem.file}:${problem.line}:${problem.column}:${problem.code}`} className="text-12">
            <code className="text-text-3">
              {problem.file}:{problem.line}:{problem.column}
            </code>{" "}
            {problem.message}
          </p>
        ))}
        {library.warnings?.map((warning) => (
          <p key={warning} className="text-12 text-waiting">
            {warning}
          </p>
        ))}
        <Users library={library} />
        <Button
          disabled={look.isPending}
          onClick={() => look.mutate(library.key, { onSuccess: () => showToast({ text: "Looked at the library" }) })}
        >
          <RefreshCw size={14} />
          Look now
        </Button>
      </div>
    </div>
  );
}

function Users({ library }: { library: LibraryItem }) {
  if (library.used_by.length === 0) return <p className="text-text-3">No workspace uses it.</p>;
  return (
    <ul>
      {library.used_by.map((use) => (
        <li key={`${use.workspace} ${use.name}`} className="flex flex-wrap items-baseline gap-x-2">
          <Link
            to="/workspaces/$workspace"
            params={{ workspace: use.workspace }}
            search={{ tab: "libraries" }}
            className="text-accent hover:underline"
          >
            {use.workspace}
          </Link>
          <span className="text-text-3">as {use.name}</span>
          {use.release ? (
            <span className="text-text-2">
              release {use.release} has <code className="text-12">{shortRevision(use.revision)}</code>
              {use.revision !== library.revision && <span className="text-waiting">, an older one</span>}
            </span>
          ) : (
            <span className="text-waiting">not in its release yet</span>
          )}
        </li>
      ))}
    </ul>
  );
}
