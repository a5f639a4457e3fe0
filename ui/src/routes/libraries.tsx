import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { librariesQuery } from "@/api/libraries";
import { Page } from "@/components/frame/page";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StateGlyph } from "@/components/ui/state-glyph";
import { RelativeTime } from "@/components/ui/time";
import { shortRevision } from "@/lib/standing";

export const Route = createFileRoute("/libraries")({ component: LibrariesPage });

function LibrariesPage() {
  const libraries = useQuery(librariesQuery);
  return (
    <Page title="Libraries">
      {libraries.error ? (
        <ErrorState error={libraries.error} what="The libraries" onRetry={() => libraries.refetch()} />
      ) : !libraries.data ? (
        <SkeletonRows />
      ) : libraries.data.length === 0 ? (
        <EmptyState title="Libraries appear here once a workspace names one under `libraries:` in its settings." />
      ) : (
        <ul>
          {libraries.data.map((library) => (
            <li key={library.key} className="flex min-h-11 items-center gap-3 border-line border-b px-4">
              <StateGlyph
                state={library.error ? "failed" : "completed"}
                label={library.error ? "Cannot be fetched, or has mistakes" : "In step"}
              />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{library.origin}</span>
                <span className="block truncate text-12 text-text-3">
                  {library.ref} <code>{shortRevision(library.revision)}</code> {library.commit?.message.split("\n")[0]}
                  {library.error && <span className="text-failed"> {library.error}</span>}
                </span>
              </span>
              <span className="flex flex-none gap-2 text-12">
                {library.used_by.map((use) => (
                  <Link
                    key={`${use.workspace} ${use.name}`}
                    to="/workspaces/$workspace"
                    params={{ workspace: use.workspace }}
                    className="text-accent hover:underline"
                  >
                    {use.workspace}
                  </Link>
                ))}
              </span>
              {library.checked_at && (
                <RelativeTime at={library.checked_at} className="w-20 flex-none text-right text-12 text-text-3" />
              )}
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
