import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { type Release, releasePagesQuery } from "@/api/releases";
import { ErrorState } from "@/components/ui/error-state";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { RelativeTime } from "@/components/ui/time";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { cn } from "@/lib/cn";
import { releaseMaker, releaseTitle } from "./release-options";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  /** The release whose changes are shown. */
  chosen?: number;
  /** The release that it is compared with. */
  other?: number;
}

const ENTRY =
  "relative block py-[7px] pr-4 pl-10 before:absolute before:inset-y-0 before:left-[20.5px] before:w-px before:bg-line-2 only-of-type:before:hidden first-of-type:before:top-4 last-of-type:before:bottom-auto last-of-type:before:h-4 hover:bg-hover max-sm:py-2.5";

/** The kept releases, newest first, as a line in time; choosing one shows what it changed. */
export function ReleasesPane({ workspace, chosen, other }: Props) {
  const navigate = useNavigate({ from: "/workspaces/$workspace/" });
  const releases = useInfiniteQuery(releasePagesQuery(workspace.name));
  const items = releases.data?.pages.flatMap((page) => page.items) ?? [];
  const [current] = useRowKeys({
    group: "Workspace",
    noun: "release",
    count: items.length,
    onOpen: (index) =>
      navigate({ search: (before) => ({ ...before, tab: "changes", release: items[index]?.number, with: undefined }) }),
  });
  return (
    <nav aria-label="Releases" className="flex min-h-0 flex-col overflow-auto border-line sm:border-r">
      <h2 className="flex h-9 flex-none items-center px-4 font-semibold max-sm:hidden">Releases</h2>
      {releases.error && <ErrorState error={releases.error} what="The releases" onRetry={() => releases.refetch()} />}
      {releases.isPending && <SkeletonRows rows={8} height={44} />}
      {items.map((release, index) => (
        <Entry
          key={release.number}
          release={release}
          isCurrent={release.number === workspace.release}
          isChosen={release.number === chosen}
          isOther={release.number === other}
          isAtKeys={index === current}
        />
      ))}
      <MoreButton query={releases}>Older releases</MoreButton>
    </nav>
  );
}

interface EntryProps {
  release: Release;
  isCurrent: boolean;
  isChosen: boolean;
  isOther: boolean;
  isAtKeys: boolean;
}

function Entry({ release, isCurrent, isChosen, isOther, isAtKeys }: EntryProps) {
  return (
    <Link
      to="/workspaces/$workspace"
      params={{ workspace: release.workspace }}
      search={{ tab: "changes", release: release.number }}
      aria-current={isChosen || undefined}
      data-current={isAtKeys || undefined}
      className={cn(
        ENTRY,
        isChosen && "bg-accent-tint hover:bg-accent-tint",
        isAtKeys && "shadow-[inset_2px_0_var(--accent)]",
      )}
    >
      <span
        aria-hidden="true"
        className={cn(
          "absolute top-3 left-4 size-2.5 rounded-full border-2 border-line-2 bg-surface max-sm:top-[15px]",
          isCurrent && "border-completed-fill bg-completed-fill",
        )}
      />
      <span className="flex gap-2">
        <span className="min-w-0 flex-1 truncate">
          <span className="font-semibold tabular-nums">{release.number}</span> {releaseTitle(release)}
        </span>
        <RelativeTime at={release.created_at} className="flex-none text-12 text-text-3" />
      </span>
      <span className="flex gap-2 text-12 text-text-3">
        <span className="min-w-0 flex-1 truncate">{releaseMaker(release)}</span>
        {isOther && <span className="text-accent">compared</span>}
        {isCurrent && <span className="text-completed">current</span>}
      </span>
    </Link>
  );
}
