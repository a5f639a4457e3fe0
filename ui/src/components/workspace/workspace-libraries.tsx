import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { type LibraryItem, librariesQuery } from "@/api/libraries";
import { EmptyState } from "@/components/ui/empty-state";
import { LibraryGlyph, refWords } from "@/components/ui/library-state";
import { Revision } from "@/components/ui/revision";
import { StateGlyph } from "@/components/ui/state-glyph";

type Version = Schemas["LibraryVersion"];

/** The libraries of the current release, each at its revision. */
export function WorkspaceLibraries({ workspace }: { workspace: Schemas["WorkspaceItem"] }) {
  const all = useQuery(librariesQuery).data ?? [];
  const versions = workspace.libraries ?? [];
  if (versions.length === 0)
    return (
      <EmptyState title="The current release uses no library.">
        A workspace declares them under <code>libraries:</code> in its <code>.stroem.yaml</code>.
      </EmptyState>
    );
  return (
    <ul>
      {versions.map((version) => (
        <LibraryLine
          key={version.name}
          version={version}
          library={all.find(({ used_by }) =>
            used_by.some((use) => use.workspace === workspace.name && use.name === version.name),
          )}
        />
      ))}
    </ul>
  );
}

/** A library that has no item of its own is a folder of the workspace. */
function LibraryLine({ version, library }: { version: Version; library?: LibraryItem }) {
  const isLast = library?.revision === version.revision;
  return (
    <li data-library={version.name} className="flex items-start gap-3 border-line border-b px-4 py-2">
      {library ? (
        <LibraryGlyph library={library} className="mt-[3px] flex-none" />
      ) : (
        <StateGlyph state="completed" label="In step" className="mt-[3px] flex-none" />
      )}
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{version.name}</span>
          <Revision revision={version.revision} url={isLast ? library.commit_url : undefined} />
          <span className="text-text-3">{refWords(version)}</span>
        </span>
        <span className="block truncate text-12 text-text-3" title={version.origin}>
          {version.origin}
        </span>
        {library?.commit && isLast && (
          <span className="block truncate text-12 text-text-2">{library.commit.message.split("\n")[0]}</span>
        )}
        {library?.error && <span className="block text-12 text-failed [overflow-wrap:anywhere]">{library.error}</span>}
      </span>
      {library && (
        <Link to="/libraries" search={{ open: library.key }} className="flex-none text-12 text-accent hover:underline">
          Details
        </Link>
      )}
    </li>
  );
}
