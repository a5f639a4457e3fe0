import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeftRight } from "lucide-react";
import { useRef } from "react";
import { compareQuery, releasePagesQuery } from "@/api/releases";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { PlanView } from "@/components/ui/plan-view";
import { Select } from "@/components/ui/select";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useShortcuts } from "@/lib/keys";
import { ReleaseHead } from "./release-head";
import { releaseOptions } from "./release-options";

interface Props {
  workspace: string;
  release: number;
  /** The release that it is compared with; without it the kept one before. */
  other?: number;
}

/** What changed from one release to another, by default from the kept one before. */
export function Changes({ workspace, release, other }: Props) {
  const navigate = useNavigate({ from: "/workspaces/$workspace/" });
  const pages = useInfiniteQuery(releasePagesQuery(workspace));
  const options = releaseOptions(pages.data, release, other);
  const from = other ?? options.find(({ number }) => number < release)?.number;
  const plan = useQuery({
    ...compareQuery(workspace, from ?? release, release),
    enabled: from !== undefined && from !== release,
  });
  const choose = (next: { release: number; with?: number }) =>
    navigate({ search: (before) => ({ ...before, tab: "changes", ...next }), replace: true });
  const swap = () => from !== undefined && choose({ release: from, with: release });
  const field = useRef<HTMLDivElement>(null);
  useShortcuts([
    {
      keys: "c",
      label: "Compare with another release",
      group: "Workspace",
      run: () => field.current?.querySelector("button")?.focus(),
    },
    { keys: "x", label: "Swap the releases that are compared", group: "Workspace", run: swap },
  ]);
  const choices = options.map(({ number, label }) => ({ value: String(number), label }));
  return (
    <>
      <ReleaseHead
        workspace={workspace}
        number={release}
        known={pages.data?.pages.flatMap((page) => page.items) ?? []}
      />
      <div
        ref={field}
        className="flex items-center gap-2 px-4 pt-3 pb-1 text-text-2 max-sm:grid max-sm:grid-cols-[auto_minmax(0,1fr)_auto]"
      >
        From
        <Select
          aria-label="Compare with"
          value={from === undefined ? "" : String(from)}
          placeholder="none before"
          onChange={(value) => choose({ release, with: Number(value) })}
          options={choices}
          className={SELECT}
        />
        to
        <Select
          aria-label="Release"
          value={String(release)}
          onChange={(value) => choose({ release: Number(value), with: other })}
          options={choices}
          className={SELECT}
        />
        <Button size="icon-sm" variant="quiet" aria-label="Swap" title="Swap (x)" disabled={!from} onClick={swap}>
          <ArrowLeftRight size={14} />
        </Button>
        <Link
          to="/jobs"
          search={{ workspace, release: String(release) }}
          className="ml-auto whitespace-nowrap text-accent hover:underline max-sm:col-span-3 max-sm:ml-0"
        >
          Jobs of this release
        </Link>
      </div>
      {plan.error ? (
        <ErrorState error={plan.error} what="The comparison" onRetry={() => plan.refetch()} />
      ) : from === release ? (
        <EmptyState title={`Release ${release} is compared with itself: nothing differs.`} />
      ) : plan.data ? (
        <PlanView plan={plan.data} workspace={workspace} />
      ) : pages.isPending || from !== undefined ? (
        <SkeletonRows />
      ) : (
        <EmptyState title={`Release ${release} is the oldest that is kept: there is none to compare it with.`} />
      )}
    </>
  );
}

const SELECT = "h-(--h-control) w-60 text-13 max-sm:col-start-2 max-sm:w-full";
