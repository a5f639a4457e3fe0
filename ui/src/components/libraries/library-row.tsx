import type { LibraryItem } from "@/api/libraries";
import { LibraryGlyph, refWords } from "@/components/ui/library-state";
import { Cell, DetailRow, Row } from "@/components/ui/table";
import { DueTime } from "@/components/ui/time";
import { visibleText } from "@/lib/json";
import { counted } from "@/lib/number";
import { shortRevision } from "@/lib/standing";
import { LibraryDetails } from "./library-details";

interface Props {
  library: LibraryItem;
  isOpen: boolean;
  isCurrent: boolean;
  onToggle: () => void;
}

/** The columns of the table of libraries. */
export const LIBRARY_COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Library", className: "" },
  { label: "Follows", className: "w-[190px] max-sm:hidden" },
  { label: "Revision", className: "w-[112px] max-sm:w-[108px]" },
  { label: "Commit", className: "w-[26%] max-lg:hidden" },
  { label: "Used by", className: "w-[120px] max-sm:hidden" },
  { label: "Next look", className: "w-[92px] text-right max-sm:hidden" },
];

/** A library with its revision; opened, with its state, its users and a look at its source. */
export function LibraryRow({ library, isOpen, isCurrent, onToggle }: Props) {
  const { used_by } = library;
  return (
    <>
      <Row isCurrent={isCurrent} data-library={library.key} onClick={onToggle}>
        <Cell>
          <LibraryGlyph library={library} />
        </Cell>
        <Cell>
          <button
            type="button"
            aria-expanded={isOpen}
            className="block w-full truncate text-left font-medium"
            title={library.origin}
            onClick={(click) => {
              click.stopPropagation();
              onToggle();
            }}
          >
            {shortOrigin(library.origin)}
          </button>
        </Cell>
        <Cell className="text-text-2 max-sm:hidden">{refWords(library)}</Cell>
        <Cell className="font-mono text-12 text-text-2">{shortRevision(library.revision) || "–"}</Cell>
        <Cell className="text-text-2 max-lg:hidden" title={library.commit?.message}>
          {library.error ? (
            <span className="text-failed">{library.error}</span>
          ) : (
            visibleText(library.commit?.message.split("\n", 1)[0] ?? "")
          )}
        </Cell>
        <Cell className="text-text-2 max-sm:hidden">
          {used_by.length === 1 ? used_by[0]?.workspace : counted(used_by.length, "workspace")}
        </Cell>
        <Cell className="text-right text-text-3 tabular-nums max-sm:hidden">
          {library.next_at && <DueTime at={library.next_at} />}
        </Cell>
      </Row>
      {isOpen && (
        <DetailRow>
          <LibraryDetails library={library} />
        </DetailRow>
      )}
    </>
  );
}

/** An address without what all addresses have; the end of it tells one library from another. */
function shortOrigin(origin: string): string {
  return origin.replace(/^[a-z+]+:\/\//, "").replace(/\.git\b/, "");
}
