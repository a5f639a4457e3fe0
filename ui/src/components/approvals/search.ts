/** What the URL of the inbox holds: the open request, as `JOB/STEP` or the name of a workspace. */
interface ApprovalsSearch {
  at?: string;
}

export function readApprovalsSearch(raw: Record<string, unknown>): ApprovalsSearch {
  return typeof raw["at"] === "string" && raw["at"] ? { at: raw["at"] } : {};
}
