import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { definitionQuery } from "@/api/task";
import { CopyButton } from "@/components/ui/copy-button";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { linesOfTask } from "./definition-lines";

/** The task as its file in the release defines it, with the numbers of the lines. */
export function Definition({ workspace, task }: { workspace: string; task: string }) {
  const found = useQuery(definitionQuery(workspace, task));
  if (found.error) return <ErrorState error={found.error} what="The definition" onRetry={() => found.refetch()} />;
  if (found.isPending) return <SkeletonRows rows={12} />;
  const { data } = found;
  if (!data || data.text == null)
    return <p className="px-4 py-6 text-text-2">No file of the release shows this task: a library defines it.</p>;
  const line = data.file.definitions.find(({ kind, name }) => kind === "task" && name === task)?.line;
  const { first, text } = linesOfTask(data.text, line);
  return (
    <>
      <div className="flex h-8 items-center gap-2 border-line border-b bg-sunken px-4 text-12">
        <Link
          to="/workspaces/$workspace"
          params={{ workspace }}
          search={{ tab: "files", file: data.file.path, line: first }}
          className="min-w-0 truncate text-accent hover:underline"
        >
          <code>
            {data.file.path}:{first}
          </code>
        </Link>
        {data.url && (
          <a
            href={data.url}
            target="_blank"
            rel="noreferrer"
            className="flex flex-none items-center gap-1 text-accent hover:underline"
          >
            At the git host <ExternalLink size={12} aria-hidden />
          </a>
        )}
        <span className="text-text-3">release {data.release}</span>
        {data.masked && <span className="text-text-3">secrets are dots</span>}
        <span className="ml-auto flex items-center gap-2">
          {!data.file.path.startsWith("_libraries/") && (
            <Link
              to="/workspaces/$workspace/edit"
              params={{ workspace }}
              search={{ file: data.file.path, line: first }}
              className="text-accent hover:underline"
            >
              Edit
            </Link>
          )}
          <CopyButton text={text} label="Copy the definition" />
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the text scrolls by keys */}
      <div tabIndex={0} role="region" aria-label="Definition" className="overflow-x-auto py-2">
        <pre className="text-12 leading-5">
          {text.split("\n").map((line, index) => (
            <div key={`${first + index}`} className="flex">
              <span aria-hidden="true" className="w-12 flex-none select-none pr-4 text-right text-text-3">
                {first + index}
              </span>
              <code>{line || " "}</code>
            </div>
          ))}
        </pre>
      </div>
    </>
  );
}
