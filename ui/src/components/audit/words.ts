import type { AuditRow } from "@/api/audit";

const NOBODY: Partial<Record<AuditRow["actor_kind"], string>> = { anonymous: "anybody", system: "the server" };

/** Who did it: a name, with the kind of it if that is no person. */
export function actorWords({ actor, actor_kind: kind }: Pick<AuditRow, "actor" | "actor_kind">): string {
  if (kind === "user") return actor;
  return NOBODY[kind] && (!actor || actor === kind) ? (NOBODY[kind] ?? "") : `${kind} ${actor}`;
}

/** What it was done to. */
export function objectWords(row: Pick<AuditRow, "object_kind" | "object" | "workspace">): string {
  const name = [row.object_kind?.replaceAll("_", " "), row.object].filter(Boolean).join(" ");
  if (!row.workspace || (row.object_kind === "workspace" && row.object === row.workspace)) return name;
  return name ? `${name} of ${row.workspace}` : row.workspace;
}
