import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import type { Schemas } from "@/api/client";
import { problemsQuery } from "@/api/workspace";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { Excerpt } from "@/components/ui/excerpt";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StateGlyph } from "@/components/ui/state-glyph";
import { visibleText } from "@/lib/json";
import { definitionWords } from "@/lib/kind";
import { counted } from "@/lib/number";
import { personName } from "@/lib/person";
import { shortRevision } from "@/lib/standing";

type HeldDefinition = NonNullable<Schemas["WorkspaceItem"]["held"]>[number];

/** The mistakes of the revision last seen, with the lines around them, under what runs instead. */
export function Mistakes({ workspace }: { workspace: Schemas["WorkspaceItem"] }) {
  const found = useQuery(problemsQuery(workspace.name));
  if (found.error) return <ErrorState error={found.error} what="The mistakes" onRetry={() => found.refetch()} />;
  if (!found.data) return <SkeletonRows />;
  const { problems, excerpts, revision, commit } = found.data;
  if (problems.length === 0)
    return <EmptyState title="No mistakes in the revision that was last seen.">{workspace.error}</EmptyState>;
  const faults = problems.filter((problem) => problem.severity !== "warning").length;
  return (
    <div className="flex flex-col">
      <p className="p-4">
        <span className="font-semibold">
          {shortRevision(revision)} {faults ? `does not run: ${counted(faults, "mistake")}.` : "has warnings."}
        </span>{" "}
        {commit && `“${visibleText(commit.message.split("\n", 1)[0] ?? "")}” by ${personName(commit.author)}. `}
        {faults > 0 && workspace.release && `Release ${workspace.release} stays current and its jobs go on. `}
        {faults > 0 && "Mend it with a commit, which the editor can prepare; nothing else is needed."}
      </p>
      {workspace.held?.map((held) => (
        <HeldLine key={`${held.kind} ${held.name}`} held={held} />
      ))}
      {problems.map((problem, index) => (
        <Excerpt
          key={`${problem.file}:${problem.line}:${problem.column}:${problem.code}`}
          problem={problem}
          workspace={workspace.name}
          excerpt={excerpts.find((one) => one.problem === index)}
          action={
            <Link
              to="/workspaces/$workspace/edit"
              params={{ workspace: workspace.name }}
              search={{ file: problem.file, line: problem.line, column: problem.column }}
              className="flex items-center gap-1 text-accent hover:underline"
            >
              <Pencil size={13} aria-hidden />
              Edit
            </Link>
          }
        />
      ))}
    </div>
  );
}

/** A definition that a mistake holds back while the others go on. */
function HeldLine({ held }: { held: HeldDefinition }) {
  return (
    <p className="flex gap-2 px-4 pb-3 text-text-2">
      <StateGlyph state="waiting" label="Held back" className="mt-[3px] flex-none" />
      <span className="min-w-0 [overflow-wrap:anywhere]">
        <span className="font-medium text-text">{definitionWords(held)}</span>{" "}
        {held.number
          ? `runs as in release ${held.number} (${shortRevision(held.revision)})`
          : "is not there: no kept release has it"}
        : {held.reason}
      </span>
    </p>
  );
}
