import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { workspaceTasksQuery } from "@/api/workspace";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";

/** The tasks of the current release. */
export function WorkspaceTasks({ workspace }: { workspace: string }) {
  const tasks = useQuery(workspaceTasksQuery(workspace));
  if (tasks.error) return <ErrorState error={tasks.error} what="The tasks" onRetry={() => tasks.refetch()} />;
  if (!tasks.data) return <SkeletonRows />;
  if (tasks.data.length === 0) return <EmptyState title="This workspace has no tasks." />;
  return (
    <ul className="py-1">
      {tasks.data.map((task) => (
        <li key={task.id}>
          <Link
            to="/tasks/$workspace/$"
            params={{ workspace, _splat: task.id }}
            className="flex h-7 items-center gap-3 px-4 hover:bg-hover"
          >
            <span className="flex-none font-medium">{task.id}</span>
            <span className="min-w-0 truncate text-text-3">{task.description}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
