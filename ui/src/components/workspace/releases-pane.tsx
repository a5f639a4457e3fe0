import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { type Release, releasePagesQuery } from "@/api/releases";
import { ErrorState } from "@/components/ui/error-state";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { RelativeTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { personName } from "@/lib/person";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  /** The release whose changes are shown. */
  chosen?: number;
}

const ENTRY = "relative block border-line border-b py-2 pr-4 pl-10 hover:bg-hover";

/** The kept releases, newest first, as a line in time; choosing one shows what it changed. */
export function ReleasesPane({ workspace, chosen }: Props) {
  const releases = useInfiniteQuery(releasePagesQuery(workspace.name));
  const items = releases.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <nav aria-label="Releases" className="flex min-h-0 flex-col overflow-auto border-line max-sm:border-b sm:border-r">
      <h2 className="flex h-9 flex-none items-center px-4 font-semibold">Releases</h2>
      {releases.error && <ErrorState error={releases.error} what="The releases" onRetry={() => releases.refetch()} />}
      {releases.isPending && <SkeletonRows rows={8} height={44} />}
      {items.map((release) => (
        <Entry
          key={release.number}
          release={release}
          isCurrent={release.number === workspace.release}
          isChosen={release.number === chosen}
        />
      ))}
      <MoreButton query={releases}>Older releases</MoreButton>
    </nav>
  );
}

function Entry({ release, isCurrent, isChosen }: { release: Release; isCurrent: boolean; isChosen: boolean }) {
  const title = release.rollback_of
    ? `Rolled back to release ${release.rollback_of}`
    : (release.commit?.message.split("\n")[0] ?? `${release.cause}, ${release.revision.slice(0, 12)}`);
  const author = release.commit?.author ?? release.made_by;
  return (
    <Link
      to="/workspaces/$workspace"
      params={{ workspace: release.workspace }}
      search={{ tab: "changes", release: release.number }}
      aria-current={isChosen || undefined}
      className={cn(ENTRY, isChosen && "bg-accent-tint hover:bg-accent-tint")}
    >
      <span
        aria-hidden="true"
        className={cn(
          "absolute top-3.5 left-4 size-2.5 rounded-full border-2 border-line-2 bg-surface",
          isCurrent && "border-completed-fill bg-completed-fill",
        )}
      />
      <span className="flex gap-2">
        <span className="min-w-0 flex-1 truncate">
          <span className="font-semibold tabular-nums">{release.number}</span> {title}
        </span>
        <RelativeTime at={release.created_at} className="flex-none text-12 text-text-3" />
      </span>
      <span className="flex gap-2 text-12 text-text-3">
        <span className="min-w-0 flex-1 truncate">
          {author ? `${personName(author)} · ` : ""}
          {release.cause}
        </span>
        {isCurrent && <span className="text-completed">current</span>}
      </span>
    </Link>
  );
}
