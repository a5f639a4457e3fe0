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
import { readHomeSearch } from "@/components/home/span";
import { Verdict } from "@/components/home/verdict";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { isOutOfStep, standingOf, waitsForApproval } from "@/lib/standing";

export const Route = createFileRoute("/")({ component: HomePage, validateSearch: readHomeSearch });

function HomePage() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const day = useQuery(dayQuery);
  const approvals = useQuery(approvalsQuery);
  const workspaces = useQuery(workspacesQuery);
  const failures = day.data?.totals["failed"] ?? 0;
  const revisions = (workspaces.data ?? []).filter(waitsForApproval);
  const stray = (workspaces.data ?? []).map(standingOf).filter(isOutOfStep).length;
  const asks = (approvals.data?.total ?? 0) + revisions.length;
  useTabTitle(failures > 0 ? `${failures} failed` : asks > 0 ? `${asks} to answer` : "Home");
  const error = day.error ?? approvals.error ?? workspaces.error;
  if (error && !(day.data && approvals.data && workspaces.data)) {
    const retry = () => Promise.all([day, approvals, workspaces].map((query) => query.refetch()));
    return (
      <Frame>
        <ErrorState error={error} what="Home" onRetry={retry} />
      </Frame>
    );
  }
  if (!day.data || !approvals.data || !workspaces.data)
    return (
      <Frame>
        <SkeletonRows rows={20} height={28} />
      </Frame>
    );
  return (
    <Frame>
      <Verdict failures={failures} approvals={asks} outOfStep={stray} />
      {day.data.total === 0 && <FirstSteps workspaces={workspaces.data.map(({ name }) => name)} />}
      {day.data.total > 0 && (
        <div className="flex-none border-line border-b">
          <Day
            day={day.data}
            search={search}
            onSpan={(span) => navigate({ search: span, replace: true })}
            onOpen={(jobs) => navigate({ to: "/jobs", search: jobs })}
          />
        </div>
      )}
      <div className="grid flex-1 grid-cols-[minmax(0,1.32fr)_minmax(0,1fr)] max-lg:block">
        <div className="max-lg:border-line max-lg:border-b">
          <FailedLately search={search} />
          <Asks approvals={approvals.data.items} revisions={revisions} />
          <StrayWorkspaces workspaces={workspaces.data} />
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
