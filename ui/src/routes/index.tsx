import { useQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { approvalsQuery } from "@/api/approvals";
import { dayQuery } from "@/api/home";
import { workspacesQuery } from "@/api/workspaces";
import { NotLive } from "@/components/frame/not-live";
import { useTabTitle } from "@/components/frame/page";
import { Asks, FailedLately, StrayWorkspaces } from "@/components/home/acting";
import { Day } from "@/components/home/day";
import { FirstSteps } from "@/components/home/first-steps";
import { FiresNext, RunningNow, Workers } from "@/components/home/knowing";
import { Part } from "@/components/home/part";
import { readHomeSearch } from "@/components/home/span";
import { Verdict } from "@/components/home/verdict";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { only } from "@/lib/search";
import { isOutOfStep, standingOf, waitsForApproval } from "@/lib/standing";

export const Route = createFileRoute("/")({
  component: HomePage,
  validateSearch: only(readHomeSearch),
  loader: ({ context }) => {
    context.queryClient.prefetchQuery(dayQuery);
    context.queryClient.prefetchQuery(approvalsQuery);
    context.queryClient.prefetchQuery(workspacesQuery);
  },
});

function HomePage() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const day = useQuery(dayQuery);
  const approvals = useQuery(approvalsQuery);
  const workspaces = useQuery(workspacesQuery);
  const counted = [
    { what: "The jobs of the last 24 hours", query: day },
    { what: "The approvals", query: approvals },
    { what: "The state of the workspaces", query: workspaces },
  ];
  const failures = day.data?.totals["failed"] ?? 0;
  const revisions = (workspaces.data ?? []).filter(waitsForApproval).length;
  const stray = (workspaces.data ?? []).map(standingOf).filter(isOutOfStep).length;
  const asks = (approvals.data?.total ?? 0) + revisions;
  useTabTitle(failures > 0 ? `${failures} failed` : asks > 0 ? `${asks} to answer` : "Home");
  if (counted.some(({ query }) => query.isPending && query.errorUpdateCount === 0))
    return (
      <Frame>
        <SkeletonRows rows={20} height={28} />
      </Frame>
    );
  const failed = counted.filter(({ query }) => query.data === undefined || query.isError);
  const retry = () => Promise.all(failed.map(({ query }) => query.refetch()));
  if (counted.every(({ query }) => query.data === undefined && query.isError))
    return (
      <Frame>
        <ErrorState error={day.error} what="Home" onRetry={retry} />
      </Frame>
    );
  return (
    <Frame>
      <Verdict
        failures={failures}
        approvals={asks}
        outOfStep={stray}
        unknown={failed.map(({ what, query }) => ({ what, error: query.error }))}
        onRetry={retry}
      />
      <Part query={day} what="The timeline" rows={6}>
        {(shown) =>
          shown.total === 0 ? (
            workspaces.data && <FirstSteps workspaces={workspaces.data.map(({ name }) => name)} />
          ) : (
            <div className="flex-none border-line border-b">
              <Day
                day={shown}
                search={search}
                onSpan={(span) => navigate({ search: span, replace: true })}
                onOpen={(jobs) => navigate({ to: "/jobs", search: jobs })}
              />
            </div>
          )
        }
      </Part>
      <div className="grid flex-1 grid-cols-[minmax(0,1.32fr)_minmax(0,1fr)] max-lg:block">
        <div className="max-lg:border-line max-lg:border-b">
          <FailedLately search={search} />
          <Asks approvals={approvals} workspaces={workspaces} />
          <StrayWorkspaces workspaces={workspaces} />
        </div>
        <div className="border-line border-l max-lg:border-l-0">
          <RunningNow search={search} />
          <FiresNext />
          <Workers />
        </div>
      </div>
    </Frame>
  );
}

function Frame({ children }: { children: React.ReactNode }) {
  return (
    <main className="flex min-h-0 min-w-0 flex-1 flex-col overflow-hidden bg-surface">
      <NotLive />
      <div className="flex min-h-0 flex-1 flex-col overflow-auto">{children}</div>
    </main>
  );
}
