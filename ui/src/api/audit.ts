import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import { useChange } from "./mutation";
import type { paths } from "./schema";

export type AuditRow = Schemas["AuditRow"];
export type AuditFilters = Omit<
  NonNullable<paths["/api/audit"]["get"]["parameters"]["query"]>,
  "limit" | "before" | "since" | "until"
> & {
  /** Only the last so many hours. */
  hours?: number;
};

const EVERY_MS = 15_000;
const HOUR_MS = 3_600_000;

/** Rows of the audit log that pass the filters, newest first, in pages that follow each other. */
export const auditPagesQuery = (filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/audit", { params: { query: { ...wanted(filters), limit: 100, before: pageParam } }, signal }),
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });

/** The path of the rows as a file. */
export function auditExportPath(filters: AuditFilters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted(filters))) if (value) query.set(name, String(value));
  return `/api/audit/export?${query}`;
}

/** Recomputes the chain of all rows. */
export function useVerifyAudit() {
  return useChange(() => dataOf(api.GET("/api/audit/verify")), [], false);
}

function wanted({ hours, ...filters }: AuditFilters) {
  return hours ? { ...filters, since: new Date(Date.now() - hours * HOUR_MS).toISOString() } : filters;
}
