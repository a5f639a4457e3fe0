import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { Play, Zap } from "lucide-react";
import { taskJobsQuery, taskQuery } from "@/api/task";
import { Page } from "@/components/frame/page";
import { RunForm } from "@/components/run-form/run-form";
import { useRunForm } from "@/components/run-form/use-run-form";
import { readSearch, type TaskSearch } from "@/components/task/search";
import { TaskView } from "@/components/task/task-view";
import { Button } from "@/components/ui/button";
import { Sheet } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/error-state";
import { useShortcuts } from "@/lib/keys";
import { MEDIUM, NARROW, useMedia } from "@/lib/media";
import { counted } from "@/lib/number";
import { only } from "@/lib/search";

export const Route = createFileRoute("/tasks/$workspace/$")({
  component: TaskPage,
  errorComponent: ({ error, reset }) => (
    <Page title="Task" crumbs={[{ label: "Tasks", to: "/tasks" }]}>
      <ErrorState error={error} what="The task" onRetry={reset} instead={{ label: "All tasks", to: "/tasks" }} />
    </Page>
  ),
  validateSearch: only(readSearch),
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(taskQuery(params.workspace, params._splat ?? "")),
});

function TaskPage() {
  const { workspace, _splat: name = "" } = Route.useParams();
  return <OneTask key={`${workspace}/${name}`} workspace={workspace} name={name} />;
}

function OneTask({ workspace, name }: { workspace: string; name: string }) {
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/tasks/$workspace/$" });
  const task = useSuspenseQuery(taskQuery(workspace, name)).data;
  const lastJob = useQuery(taskJobsQuery(workspace, name, 0)).data?.items[0]?.job_id;
  const filled = useRunForm(workspace, task, { input: search.input, from: search.from });
  const isNarrow = useMedia(NARROW);
  const isMedium = useMedia(MEDIUM) && !isNarrow;
  const change = (change: Partial<TaskSearch>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const form = (className: string) => (
    <RunForm workspace={workspace} task={task} form={filled} lastJob={lastJob} className={className} />
  );
  const folders = (task.folder ?? "").split("/").filter(Boolean);
  return (
    <Page
      title={name}
      crumbs={[
        { label: "Tasks", to: "/tasks" },
        { label: workspace, to: `/workspaces/${workspace}` },
        ...folders.map((label) => ({ label })),
      ]}
      remark={task.description ?? ""}
      className="overflow-hidden"
      actions={
        <>
          {task.triggers.length > 0 && (
            <Button className="max-sm:hidden" onClick={() => change({ pane: "triggers" })}>
              <Zap size={14} />
              {counted(task.triggers.length, "trigger")}
            </Button>
          )}
          {isMedium && (
            <>
              <OpenForm onOpen={() => change({ run: true })} />
              <Button variant="primary" onClick={() => change({ run: true })}>
                <Play size={14} />
                Run…
              </Button>
            </>
          )}
        </>
      }
    >
      <div className="flex min-h-0 flex-1">
        <div className="flex min-h-0 min-w-0 flex-1 flex-col overflow-auto">
          <TaskView
            workspace={workspace}
            task={task}
            search={search}
            onChange={change}
            form={isNarrow && form("flex-none border-line border-b")}
          />
        </div>
        {!isNarrow && !isMedium && form("w-[376px] flex-none border-line border-l")}
      </div>
      {isMedium && (
        <Sheet open={!!search.run} onOpenChange={(open) => change({ run: open || undefined })} title={`Run ${name}`}>
          {form("h-full")}
        </Sheet>
      )}
    </Page>
  );
}

/** The key that opens the form where it is a sheet. */
function OpenForm({ onOpen }: { onOpen: () => void }) {
  useShortcuts([{ keys: "r", label: "Run…", group: "Run", run: onOpen }]);
  return null;
}
