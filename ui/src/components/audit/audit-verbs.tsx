import { type AuditFilters, auditExportPath, useVerifyAudit } from "@/api/audit";
import { download } from "@/api/tickets";
import { Button } from "@/components/ui/button";
import { showToast } from "@/components/ui/toast";
import { counted } from "@/lib/number";

/** Saves the rows that are shown as a file, and recomputes the chain of all. */
export function AuditVerbs({ filters }: { filters: AuditFilters }) {
  const verify = useVerifyAudit();
  const check = () =>
    verify.mutate(undefined, {
      onSuccess: ({ ok, rows, first }) =>
        showToast(
          ok
            ? { text: `${counted(rows, "row")} of the log: none was changed or removed.` }
            : { tone: "failed", text: `The log was changed at row ${first?.id}: ${first?.what}.` },
        ),
    });
  return (
    <>
      <Button onClick={() => download(auditExportPath(filters))}>Export</Button>
      <Button onClick={check} disabled={verify.isPending}>
        Verify
      </Button>
    </>
  );
}
