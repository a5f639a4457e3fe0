import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { StandingWords } from "@/components/ui/standing-words";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Tag } from "@/components/ui/state-word";
import { RelativeTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { count } from "@/lib/number";
import { pausedTriggers, shortRevision } from "@/lib/standing";
import { authorOf, type StandingRow } from "./search";

const COLUMNS = [
  { label: "Workspace", width: "w-[208px] pl-4" },
  { label: "How it stands", width: "w-[30%]" },
  { label: "Release", width: "w-[76px] text-right" },
  { label: "Commit that runs", width: "" },
  { label: "Author, when", width: "w-[156px] max-lg:w-[124px]" },
  { label: "Tasks", width: "w-[64px] text-right max-lg:hidden" },
  { label: "Next look", width: "w-[92px] pr-4 text-right" },
];

interface Props {
  rows: StandingRow[];
  current: number;
}

/** All workspaces in rows of two lines: how each stands, and the commit that runs. */
export function WorkspacesTable({ rows, current }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    if (current >= 0) body.current?.rows[current]?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <>
      <table className="w-full table-fixed max-sm:hidden">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th
                key={column.label}
                className={cn(
                  "sticky top-0 z-[1] h-6 truncate border-line border-b bg-surface px-2 text-left font-medium text-11 text-text-3",
                  column.width,
                )}
              >
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <WorkspaceRow key={row.workspace.name} row={row} isCurrent={index === current} />
          ))}
        </tbody>
      </table>
      <div className="sm:hidden">
        {rows.map((row) => (
          <WorkspaceCard key={row.workspace.name} row={row} />
        ))}
      </div>
    </>
  );
}

const CELL = "h-[38px] truncate px-2 py-0";

function WorkspaceRow({ row: { workspace, standing }, isCurrent }: { row: StandingRow; isCurrent: boolean }) {
  const commit = workspace.release_commit;
  return (
    <tr
      data-workspace={workspace.name}
      className={cn("border-line border-b hover:bg-hover", isCurrent && "bg-accent-tint hover:bg-accent-tint")}
    >
      <td className={cn(CELL, "pl-4")}>
        <span className="flex items-center gap-2">
          <StateGlyph state={standing.state} label={standing.word} />
          <Link
            to="/workspaces/$workspace"
            params={{ workspace: workspace.name }}
            className="min-w-0 truncate font-medium hover:underline"
          >
            {workspace.name}
          </Link>
          <Remarks row={{ workspace, standing }} />
        </span>
      </td>
      <td className={CELL}>
        <StandingWords standing={standing} />
      </td>
      <td className={cn(CELL, "text-right tabular-nums")}>{workspace.release ?? "–"}</td>
      <td className={CELL} title={commit?.message}>
        <span className="mr-2 font-mono text-12 text-text-3">{shortRevision(workspace.revision)}</span>
        {commit?.message.split("\n", 1)[0] ?? <span className="text-text-3">{workspace.origin}</span>}
      </td>
      <td className={CELL}>
        {(commit || workspace.released_at) && (
          <>
            <div className="truncate leading-[17px]">{authorOf(workspace) || "–"}</div>
            <RelativeTime
              at={commit?.at ?? workspace.released_at ?? ""}
              className="block text-12 text-text-3 leading-[15px]"
            />
          </>
        )}
      </td>
      <td className={cn(CELL, "text-right text-text-2 tabular-nums max-lg:hidden")}>{count(workspace.tasks_count)}</td>
      <td className={cn(CELL, "pr-4 text-right text-text-3 tabular-nums")}>
        <NextLook row={{ workspace, standing }} />
      </td>
    </tr>
  );
}

/** A workspace in two lines, for narrow screens. */
function WorkspaceCard({ row }: { row: StandingRow }) {
  const { workspace, standing } = row;
  return (
    <Link
      to="/workspaces/$workspace"
      params={{ workspace: workspace.name }}
      className="grid grid-cols-[14px_minmax(0,1fr)_auto] gap-x-2.5 border-line border-b px-4 py-[9px]"
    >
      <StateGlyph state={standing.state} label={standing.word} className="mt-[3px]" />
      <span className="flex min-w-0 items-center gap-2">
        <span className="truncate font-medium">{workspace.name}</span>
        <Remarks row={row} />
      </span>
      <span className="text-12 text-text-3 tabular-nums leading-5">Release {workspace.release ?? "–"}</span>
      <span className="col-start-2 min-w-0 truncate text-12">
        <StandingWords standing={standing} />
      </span>
      <span className="text-right text-12 text-text-3">
        <NextLook row={row} />
      </span>
      <span className="col-span-2 col-start-2 truncate text-12 text-text-3">
        {workspace.release_commit?.message.split("\n", 1)[0]}
      </span>
    </Link>
  );
}

function Remarks({ row: { workspace } }: { row: StandingRow }) {
  const paused = pausedTriggers(workspace).length;
  const held = workspace.held?.length ?? 0;
  return (
    <>
      {held > 0 && <Tag state="waiting">{count(held)} held</Tag>}
      {paused > 0 && (
        <Tag state="suspended">
          <span title="Triggers paused by a person">{count(paused)} paused</span>
        </Tag>
      )}
    </>
  );
}

function NextLook({ row: { workspace, standing } }: { row: StandingRow }) {
  const isFollowed = standing.word !== "Suspended" && standing.word !== "Rolled back";
  return workspace.next_at && isFollowed ? <RelativeTime at={workspace.next_at} /> : "–";
}
