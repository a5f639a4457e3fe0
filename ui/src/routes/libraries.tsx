import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { librariesQuery, useLookAtLibrary } from "@/api/libraries";
import { Page } from "@/components/frame/page";
import { LIBRARY_COLUMNS, LibraryRow } from "@/components/libraries/library-row";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { useShortcuts } from "@/lib/keys";
import { counted } from "@/lib/number";
import { only, readTexts } from "@/lib/search";

export const Route = createFileRoute("/libraries")({
  component: LibrariesPage,
  validateSearch: only((raw): { open?: string } => readTexts(raw, ["open"])),
});

function LibrariesPage() {
  const { open } = Route.useSearch();
  const navigate = useNavigate({ from: "/libraries" });
  const libraries = useQuery(librariesQuery);
  const look = useLookAtLibrary();
  const all = libraries.data ?? [];
  const broken = all.filter((library) => library.error).length;
  const toggle = (key: string) => navigate({ search: open === key ? {} : { open: key }, replace: true });
  const [current] = useRowKeys({
    group: "Libraries",
    noun: "library",
    count: all.length,
    onOpen: (index) => {
      const library = all[index];
      if (library) toggle(library.key);
    },
  });
  useShortcuts([
    {
      keys: "l",
      label: "Look at the source of the library now",
      group: "Libraries",
      run: () => {
        const key = all[current]?.key ?? open;
        if (key) look.mutate(key);
      },
    },
  ]);
  return (
    <Page
      title="Libraries"
      remark={
        broken > 0 ? (
          <span className="text-failed">{counted(broken, "library", "libraries")} not in step</span>
        ) : (
          all.length > 0 && "all in step"
        )
      }
    >
      {libraries.error && !libraries.data ? (
        <ErrorState error={libraries.error} what="The list of libraries" onRetry={() => libraries.refetch()} />
      ) : libraries.isPending ? (
        <SkeletonRows rows={6} height={28} />
      ) : all.length === 0 ? (
        <EmptyState title="Libraries appear here once a workspace uses one.">
          Declare it under <code>libraries:</code> in the <code>.stroem.yaml</code> of a workspace, or in the settings
          of the server for all workspaces.
        </EmptyState>
      ) : (
        <Table columns={LIBRARY_COLUMNS} label="Libraries">
          {all.map((library, index) => (
            <LibraryRow
              key={library.key}
              library={library}
              isOpen={library.key === open}
              isCurrent={index === current}
              onToggle={() => toggle(library.key)}
            />
          ))}
        </Table>
      )}
    </Page>
  );
}
