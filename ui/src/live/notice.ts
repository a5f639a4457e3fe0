/** A change that the server tells: what of, and its names. See `GET /api/live`. */
export interface Notice {
  kind: "start" | "resync" | "job" | "step" | "approval" | "workspace" | "trigger" | "worker" | "event";
  at?: string;
  id?: string | number;
  workspace?: string | null;
  task?: string;
  trigger?: string | null;
  parent_job_id?: string | null;
  status?: string;
  /** The kind of a recorded event. */
  event?: string;
  name?: string;
}

type Key = readonly (string | number)[];

/** The keys of cached queries that a notice makes stale; null stands for all. */
export function staleKeys(notice: Notice): Key[] | null {
  const { id, workspace, task, trigger } = notice;
  switch (notice.kind) {
    case "start":
    case "resync":
      return null;
    case "job":
    case "step":
      return keys(
        ["jobs"],
        ["counts"],
        ["queue"],
        ["approvals"],
        notice.kind === "job" && ["tasks", "stats"],
        ["workers", "sums"],
        id !== undefined && ["job", id],
        !!notice.parent_job_id && ["job", notice.parent_job_id],
        !!workspace && !!task && ["task", workspace, task, "jobs"],
        !!workspace && !!task && ["task", workspace, task, "detail"],
      );
    case "approval":
      return keys(["approvals"], ["counts"], ["jobs"], id !== undefined && ["job", id]);
    case "workspace":
      return keys(
        ["workspaces"],
        ["counts"],
        ["tasks"],
        ["triggers"],
        ["libraries"],
        !!workspace && ["workspace", workspace],
        !!workspace && ["task", workspace],
      );
    case "trigger":
      return keys(["triggers"], !!workspace && ["trigger", workspace, ...(trigger ? [trigger] : [])]);
    case "worker":
      return keys(["workers"], ["counts"], ["queue"], id !== undefined && ["worker", id]);
    case "event":
      return keys(
        ["events"],
        !!workspace && ["workspace", workspace, "events"],
        !!notice.event?.startsWith("library_") && ["libraries"],
      );
  }
}

function keys(...all: (Key | false)[]): Key[] {
  return all.filter((key): key is Key => key !== false);
}
