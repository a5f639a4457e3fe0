import type { WorkspaceItem } from "@/api/workspaces";
import { personName } from "@/lib/person";
import { readTexts } from "@/lib/search";
import { STANDINGS, type Standing, type StandingWord, standingOf } from "@/lib/standing";

/** What the URL of the list of workspaces holds. */
export interface WorkspacesSearch {
  q?: string;
  /** Standings with commas, such as `Stalled,Waiting`. */
  stands?: string;
}

export interface StandingRow {
  workspace: WorkspaceItem;
  standing: Standing;
}

/** Reads the URL; whatever is no filter is left out. */
export function readSearch(raw: Record<string, unknown>): WorkspacesSearch {
  return readTexts(raw, ["q", "stands"]);
}

/** The workspaces with their standing: those that need somebody first, then by the age of their release. */
export function standingRows(workspaces: WorkspaceItem[]): StandingRow[] {
  return workspaces
    .map((workspace) => ({ workspace, standing: standingOf(workspace) }))
    .sort((a, b) => need(a) - need(b) || age(b) - age(a) || (a.workspace.name < b.workspace.name ? -1 : 1));
}

/** The rows that pass the filters of the URL. */
export function filterRows(rows: StandingRow[], search: WorkspacesSearch): StandingRow[] {
  const words = chosenStandings(search);
  const text = search.q?.toLowerCase() ?? "";
  return rows.filter(
    ({ workspace, standing }) =>
      (words.length === 0 || words.includes(standing.word)) &&
      (!text ||
        [workspace.name, workspace.origin, workspace.release_commit?.author, workspace.release_commit?.message].some(
          (part) => part?.toLowerCase().includes(text),
        )),
  );
}

export function chosenStandings(search: WorkspacesSearch): StandingWord[] {
  const chosen = search.stands?.split(",") ?? [];
  return STANDINGS.filter((word) => chosen.includes(word));
}

/** How many rows stand how, in the order of need. */
export function countStandings(rows: StandingRow[]): [StandingWord, number][] {
  const counts = new Map<StandingWord, number>();
  for (const { standing } of rows) counts.set(standing.word, (counts.get(standing.word) ?? 0) + 1);
  return STANDINGS.flatMap((word) => (counts.has(word) ? [[word, counts.get(word) ?? 0]] : []));
}

/** The author of what runs. */
export function authorOf(workspace: WorkspaceItem): string {
  return personName(workspace.release_commit?.author);
}

function need({ workspace, standing }: StandingRow): number {
  return STANDINGS.indexOf(standing.word) - (workspace.held?.length ? 0.5 : 0);
}

function age({ workspace }: StandingRow): number {
  return Date.parse(workspace.release_commit?.at ?? workspace.released_at ?? "") || 0;
}
