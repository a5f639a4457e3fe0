import { Link } from "@tanstack/react-router";
import { StandingWords } from "@/components/ui/standing-words";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Tag } from "@/components/ui/state-word";
import { Cell, Row, Table } from "@/components/ui/table";
import { DueTime, RelativeTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { visibleText } from "@/lib/json";
import { NARROW, useMedia } from "@/lib/media";
import { count } from "@/lib/number";
import { isFollowed, pausedTriggers, shortRevision } from "@/lib/standing";
import { authorOf, type StandingRow } from "./search";

const COLUMNS = [
  { label: "Workspace", className: "w-[184px]" },
  { label: "How it stands", className: "w-[28%]" },
  { label: "Release", className: "w-[76px] text-right" },
  { label: "Commit that runs", className: "" },
  { label: "Author, when", className: "w-[136px] max-lg:w-[124px]" },
  { label: "Tasks", className: "w-[64px] text-right max-lg:hidden" },
  { label: "Next look", className: "w-[92px] text-right" },
];

interface Props {
  rows: StandingRow[];
  current: number;
}

/** All workspaces in rows of two lines: how each stands, and the commit that runs. */
export function WorkspacesTable({ rows, current }: Props) {
  if (useMedia(NARROW)) return rows.map((row) => <WorkspaceCard key={row.workspace.name} row={row} />);
  return (
    <Table columns={COLUMNS} label="Workspaces">
      {rows.map((row, index) => (
        <WorkspaceRow key={row.workspace.name} row={row} isCurrent={index === current} />
      ))}
    </Table>
  );
}

const CELL = "h-[38px]";

function WorkspaceRow({ row: { workspace, standing }, isCurrent }: { row: StandingRow; isCurrent: boolean }) {
  const commit = workspace.release_commit;
  return (
    <Row isCurrent={isCurrent} data-workspace={workspace.name} className="border-line border-b">
      <Cell className={CELL}>
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
      </Cell>
      <Cell className={CELL}>
        <StandingWords standing={standing} />
      </Cell>
      <Cell className={cn(CELL, "text-right tabular-nums")}>{workspace.release ?? "–"}</Cell>
      <Cell className={CELL} title={commit?.message}>
        <span className="mr-2 font-mono text-12 text-text-3">{shortRevision(workspace.revision)}</span>
        {visibleText(commit?.message.split("\n", 1)[0] ?? "") || (
          <span className="text-text-3">{workspace.origin}</span>
        )}
      </Cell>
      <Cell className={CELL}>
        {(commit || workspace.released_at) && (
          <>
            <div className="truncate leading-[17px]">{authorOf(workspace) || "–"}</div>
            <RelativeTime
              at={commit?.at ?? workspace.released_at ?? ""}
              className="block text-12 text-text-3 leading-[15px]"
            />
          </>
        )}
      </Cell>
      <Cell className={cn(CELL, "text-right text-text-2 tabular-nums max-lg:hidden")}>
        {count(workspace.tasks_count)}
      </Cell>
      <Cell className={cn(CELL, "text-right text-text-3 tabular-nums")}>
        <NextLook row={{ workspace, standing }} />
      </Cell>
    </Row>
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
        {visibleText(workspace.release_commit?.message.split("\n", 1)[0] ?? "")}
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
  return workspace.next_at && isFollowed(standing) ? <DueTime at={workspace.next_at} /> : "–";
}
