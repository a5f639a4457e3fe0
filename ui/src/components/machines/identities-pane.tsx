import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type IdentityItem, identitiesQuery, useRevokeIdentity } from "@/api/machines";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Cell, Row, Table } from "@/components/ui/table";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { boundWords } from "./bound-words";

const COLUMNS = [
  { label: "Worker", className: "w-[24%] max-sm:w-auto" },
  { label: "May run", className: "max-sm:hidden" },
  { label: "Joined", className: "w-[120px] max-lg:hidden" },
  { label: "By the token", className: "w-[128px] max-lg:hidden" },
  { label: "Heard", className: "w-[104px]" },
  { label: "Its token ends", className: "w-[144px] max-sm:hidden" },
  { label: "Verbs", className: "w-[84px]", isQuiet: true },
];

/** Identities of workers that have joined. */
export function IdentitiesPane() {
  const { data, error, refetch } = useQuery(identitiesQuery);
  const [asked, ask] = useState<IdentityItem>();
  const revoke = useRevokeIdentity();
  if (error && !data) return <ErrorState error={error} what="The list of identities" onRetry={refetch} />;
  if (!data) return <SkeletonRows rows={4} height={32} hasHead />;
  if (data.length === 0) {
    return (
      <EmptyState title="Workers that have joined by a join token would be here.">
        Each has a token that it makes itself, and touches only what it has claimed. Workers that share worker_token
        have no identity of their own.
      </EmptyState>
    );
  }
  return (
    <>
      <Table columns={COLUMNS} label="Identities of workers">
        {data.map((identity) => (
          <IdentityRow key={identity.identity_id} identity={identity} onRevoke={() => ask(identity)} />
        ))}
      </Table>
      {asked && (
        <ConfirmDialog
          title={`Revoke the identity of ${asked.name}?`}
          description="Its next request is refused, and the steps that it runs are lost: they run again elsewhere if they have attempts left."
          verb="Revoke"
          request={revoke}
          value={asked.identity_id}
          onClose={() => ask(undefined)}
        />
      )}
    </>
  );
}

function IdentityRow({ identity, onRevoke }: { identity: IdentityItem; onRevoke: () => void }) {
  const { name, revoked_by, last_heard_at } = identity;
  const bounds = boundWords(identity);
  return (
    <Row data-identity={identity.identity_id} className="[&>td]:h-8 max-sm:[&>td]:py-1.5">
      <Cell className="font-medium" title={name}>
        {name}
        <span className="block truncate font-normal text-12 text-text-3 sm:hidden">{bounds}</span>
      </Cell>
      <Cell className="text-text-2 max-sm:hidden" title={bounds}>
        {bounds}
      </Cell>
      <Cell className="text-text-2 max-lg:hidden">
        <ClockTime at={identity.joined_at} />
      </Cell>
      <Cell className="font-mono text-12 text-text-2 max-lg:hidden">{identity.join_token}…</Cell>
      <Cell className="text-text-2">
        {last_heard_at ? <RelativeTime at={last_heard_at} /> : <span className="text-text-3">never</span>}
      </Cell>
      <Cell className="text-text-2 max-sm:hidden">
        <EndOf identity={identity} />
      </Cell>
      <Cell>
        {!identity.revoked_at && (
          <Button variant="quiet" size="sm" aria-label={`Revoke the identity of ${name}`} onClick={onRevoke}>
            Revoke
          </Button>
        )}
        {identity.revoked_at && (
          <span className="text-failed" title={revoked_by ? `by ${revoked_by}` : undefined}>
            revoked
          </span>
        )}
      </Cell>
    </Row>
  );
}

function EndOf({ identity: { revoked_at, expires_at } }: { identity: IdentityItem }) {
  if (revoked_at || !expires_at) return <span className="text-text-3">none is good</span>;
  if (Date.parse(expires_at) < Date.now()) return <span className="text-failed">is over</span>;
  return <ClockTime at={expires_at} />;
}
