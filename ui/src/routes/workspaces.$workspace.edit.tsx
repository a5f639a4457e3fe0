import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { workspaceQuery } from "@/api/workspace";
import { EditorView } from "@/components/editor/editor-view";
import { readEditSearch } from "@/components/editor/search";
import { useLatest } from "@/components/editor/use-latest";
import { Page } from "@/components/frame/page";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { only } from "@/lib/search";

export const Route = createFileRoute("/workspaces/$workspace/edit")({
  component: EditPage,
  validateSearch: only(readEditSearch),
});

function EditPage() {
  const { workspace: name } = Route.useParams();
  const search = Route.useSearch();
  const navigate = useNavigate({ from: "/workspaces/$workspace/edit" });
  const found = useQuery(workspaceQuery(name));
  const { latest, isPending } = useLatest(name, found.data);
  if (found.data && latest)
    return (
      <EditorView
        key={name}
        workspace={found.data}
        latest={latest}
        search={search}
        onChange={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
      />
    );
  return (
    <Page
      crumbs={[
        { label: "Workspaces", to: "/workspaces" },
        { label: name, to: `/workspaces/${name}` },
      ]}
      title="Edit"
    >
      {found.error ? (
        <ErrorState error={found.error} what={`The workspace ${name}`} onRetry={() => found.refetch()} />
      ) : !isPending ? (
        <EmptyState title="Nothing was read from the source yet, so there is nothing to edit." />
      ) : (
        <SkeletonRows />
      )}
    </Page>
  );
}
