import { CommandLine } from "@/components/ui/command-line";
import { EmptyState } from "@/components/ui/empty-state";

/** What to do on a server on which nothing has run yet. */
export function FirstSteps({ workspaces }: { workspaces: string[] }) {
  const [first] = workspaces;
  return (
    <div className="flex-none border-line border-b">
      <EmptyState title={first ? "No task has run here yet." : "This server has no workspace yet."}>
        <ol className="flex list-decimal flex-col gap-3 pl-5">
          {!first && (
            <li>
              Start the server with a folder or a git repository of tasks.
              <CommandLine command="stroem up --workspace ./workspace" />
            </li>
          )}
          <li>
            See which tasks there are.
            <CommandLine command="stroem tasks" />
          </li>
          <li>
            Run one; its job appears here.
            <CommandLine command={`stroem trigger ${first ?? "main"}/hello`} />
          </li>
        </ol>
      </EmptyState>
    </div>
  );
}
