import type { AuditFilters } from "@/api/audit";
import { readTexts } from "@/lib/search";

/** What the URL of the audit log holds. */
export interface AuditSearch {
  actor?: string;
  verb?: string;
  workspace?: string;
  outcome?: NonNullable<AuditFilters["outcome"]>;
  hours?: number;
}

export const OUTCOMES = [
  ["ok", "done"],
  ["refused", "refused"],
  ["failed", "failed"],
] as const;

/** The spans of time to choose from, by their hours. */
export const SPANS = [
  ["1", "the last hour"],
  ["24", "the last 24 hours"],
  ["168", "the last 7 days"],
  ["720", "the last 30 days"],
] as const;

export function readSearch(raw: Record<string, unknown>): AuditSearch {
  const outcome = OUTCOMES.find(([one]) => one === raw["outcome"])?.[0];
  const hours = SPANS.find(([one]) => one === String(raw["hours"]))?.[0];
  return {
    ...readTexts(raw, ["actor", "verb", "workspace"]),
    ...(outcome && { outcome }),
    ...(hours && { hours: Number(hours) }),
  };
}
