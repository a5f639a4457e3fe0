import { type Fire, type TaskItem, type TaskOutcomes, taskKey } from "@/api/tasks";
import { type Sort, sortOf, type TasksSearch } from "./search";

/** A task with what the table says of it. */
export interface TaskRow {
  key: string;
  workspace: string;
  id: string;
  folder: string;
  /** Folder and name, as people know the task. */
  path: string;
  /** The name for people, and what the task does. */
  remark: string;
  outcomes: TaskOutcomes | undefined;
  next: Fire | undefined;
}

/** Joins tasks, their outcomes and fires, in the order of their paths. */
export function rowsOf(
  tasks: readonly TaskItem[],
  outcomes: ReadonlyMap<string, TaskOutcomes> | undefined,
  fires: ReadonlyMap<string, Fire> | undefined,
): TaskRow[] {
  const rows = tasks.map((task) => {
    const key = taskKey(task.workspace, task.id);
    const folder = task.folder ?? "";
    return {
      key,
      workspace: task.workspace,
      id: task.id,
      folder,
      path: folder ? `${folder}/${task.id}` : task.id,
      remark: [task.name, task.description].filter(Boolean).join(" · "),
      outcomes: outcomes?.get(key),
      next: fires?.get(key),
    };
  });
  return rows.sort(byPath);
}

/** The rows of the chosen workspace and folder, folders below it included. */
export function rowsWithin(rows: readonly TaskRow[], { workspace, folder }: TasksSearch): TaskRow[] {
  return rows.filter(
    (row) =>
      (!workspace || row.workspace === workspace) &&
      (!folder || row.folder === folder || row.folder.startsWith(`${folder}/`)),
  );
}

/** The rows in the order of a column; those without a value are last. */
export function sortRows(rows: readonly TaskRow[], sort: string | undefined): TaskRow[] {
  const { column, isDown } = sortOf(sort);
  if (!column) return [...rows];
  const sign = isDown ? -1 : 1;
  if (column === "path") return [...rows].sort((a, b) => sign * byPath(a, b));
  return [...rows].sort((a, b) => {
    const [left, right] = [figureOf(a, column), figureOf(b, column)];
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    return sign * (left - right) || byPath(a, b);
  });
}

function figureOf(row: TaskRow, column: Exclude<Sort, "path">): number | undefined {
  const { outcomes, next } = row;
  switch (column) {
    case "success":
      return outcomes?.success_rate ?? undefined;
    case "p50":
      return outcomes?.p50_ms ?? undefined;
    case "p95":
      return outcomes?.p95_ms ?? undefined;
    case "next":
      return next && Date.parse(next.at);
    case "last":
      return outcomes?.last_at ? Date.parse(outcomes.last_at) : undefined;
  }
}

function byPath(a: TaskRow, b: TaskRow): number {
  return a.workspace.localeCompare(b.workspace) || a.path.localeCompare(b.path);
}
