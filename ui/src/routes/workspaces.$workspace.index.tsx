import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { workspaceQuery } from "@/api/workspace";
import { FilesPane } from "@/components/files/files-pane";
import { FilesTab } from "@/components/files/files-tab";
import { type FilesSearch, readFilesSearch } from "@/components/files/search";
import { Page } from "@/components/frame/page";
import { ErrorState } from "@/components/ui/error-state";
import { Note } from "@/components/ui/note";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StatePill } from "@/components/ui/state-word";
import { type Tab, Tabs } from "@/components/ui/tabs";
import { Changes } from "@/components/workspace/changes";
import { DriftPane } from "@/components/workspace/drift";
import { Mistakes } from "@/components/workspace/mistakes";
import { OverrideLine } from "@/components/workspace/override-line";
import { ReleasesPane } from "@/components/workspace/releases-pane";
import { readSearch, type TabName, type WorkspaceSearch } from "@/components/workspace/search";
import { WorkspaceActions } from "@/components/workspace/workspace-actions";
import { WorkspaceDialogs } from "@/components/workspace/workspace-dialogs";
import { WorkspaceEvents } from "@/components/workspace/workspace-events";
import { WorkspaceFacts } from "@/components/workspace/workspace-facts";
import { WorkspaceLibraries } from "@/components/workspace/workspace-libraries";
import { WorkspaceTasks } from "@/components/workspace/workspace-tasks";
import { NARROW, useMedia } from "@/lib/media";
import { only } from "@/lib/search";
import { hasNewer, isOverridden, standingOf } from "@/lib/standing";

type Search = WorkspaceSearch & FilesSearch;

export const Route = createFileRoute("/workspaces/$workspace/")({
  component: WorkspacePage,
  validateSearch: only((raw): Search => ({ ...readSearch(raw), ...readFilesSearch(raw) })),
});

function WorkspacePage() {
  const { workspace: name } = Route.useParams();
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/workspaces/$workspace/" });
  const isNarrow = useMedia(NARROW);
  const found = useQuery(workspaceQuery(name));
  const crumbs = [{ label: "Workspaces", to: "/workspaces" }];
  if (!found.data)
    return (
      <Page crumbs={crumbs} title={name}>
        {found.error ? (
          <ErrorState
            error={found.error}
            what={`The workspace ${name}`}
            onRetry={() => found.refetch()}
            instead={{ label: "All workspaces", to: "/workspaces" }}
          />
        ) : (
          <SkeletonRows />
        )}
      </Page>
    );
  const workspace = found.data;
  const standing = standingOf(workspace);
  const problems = workspace.problems?.length ?? 0;
  const usual = problems ? "mistakes" : workspace.release ? "changes" : "tasks";
  const tab = !search.tab || (search.tab === "releases" && !isNarrow) ? usual : search.tab;
  const release = search.release ?? workspace.release ?? undefined;
  const shown = tab === "changes" ? { chosen: release, other: search.with } : {};
  const tabs: Tab<TabName>[] = [
    { value: "mistakes", label: "Mistakes", count: problems || undefined },
    { value: "changes", label: "Changes" },
    ...(isNarrow ? [{ value: "releases", label: "Releases" } as const] : []),
    { value: "files", label: "Files" },
    { value: "tasks", label: "Tasks", count: workspace.tasks_count },
    { value: "libraries", label: "Libraries", count: workspace.libraries?.length || undefined },
    { value: "drift", label: "Drift", count: workspace.drift?.length || undefined },
    { value: "events", label: "Events" },
  ];
  const base = search.newest && hasNewer(workspace) ? ("newest" as const) : release;
  const change = (next: Partial<Search>) => navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  const toTab = (next: TabName) =>
    change(next === "files" ? { tab: next } : { tab: next, file: undefined, line: undefined, newest: undefined });
  const files = base !== undefined && (
    <FilesPane
      workspace={workspace}
      base={base}
      file={search.file}
      onBase={(next) =>
        change({ newest: next === "newest" || undefined, release: typeof next === "number" ? next : undefined })
      }
      onFile={(file) => change({ file, line: undefined })}
    />
  );
  return (
    <Page
      crumbs={crumbs}
      title={name}
      remark={<StatePill state={standing.state} word={standing.word} />}
      actions={<WorkspaceActions workspace={workspace} />}
      className="sm:overflow-hidden"
    >
      <WorkspaceFacts workspace={workspace} standing={standing} />
      {standing.reason && !isOverridden(standing) && !(problems && tab === "mistakes") && (
        <Note state={standing.state}>{standing.reason}</Note>
      )}
      <OverrideLine workspace={workspace} />
      <div className="grid min-h-0 flex-1 sm:grid-cols-[352px_minmax(0,1fr)] max-lg:sm:grid-cols-[260px_minmax(0,1fr)]">
        {isNarrow ? null : tab === "files" ? files : <ReleasesPane workspace={workspace} {...shown} />}
        <div className="flex min-h-0 min-w-0 flex-col">
          <Tabs value={tab} tabs={tabs} label="Parts of the workspace" onChange={toTab} />
          <div className="min-h-0 flex-1 overflow-auto">
            {tab === "mistakes" && <Mistakes workspace={workspace} />}
            {tab === "changes" && release !== undefined && (
              <Changes workspace={name} release={release} other={search.with} />
            )}
            {tab === "files" && (
              <FilesTab
                workspace={name}
                base={base}
                search={search}
                onChange={change}
                tree={isNarrow ? files : undefined}
              />
            )}
            {tab === "releases" && <ReleasesPane workspace={workspace} />}
            {tab === "tasks" && <WorkspaceTasks workspace={name} />}
            {tab === "libraries" && <WorkspaceLibraries workspace={workspace} />}
            {tab === "drift" && <DriftPane workspace={workspace} />}
            {tab === "events" && <WorkspaceEvents workspace={name} />}
          </div>
        </div>
      </div>
      <WorkspaceDialogs workspace={workspace} act={search.act} chosen={search.release} />
    </Page>
  );
}
