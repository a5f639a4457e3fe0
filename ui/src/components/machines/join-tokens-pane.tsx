import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type JoinTokenItem, joinTokensQuery, useRevokeJoinToken } from "@/api/machines";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Cell, Row, Table } from "@/components/ui/table";
import { ClockTime } from "@/components/ui/time";
import { boundWords, usesWords } from "./bound-words";

const COLUMNS = [
  { label: "Join token", className: "w-[24%] max-sm:w-auto" },
  { label: "Begins with", className: "w-[128px] max-sm:hidden" },
  { label: "Workers may run", className: "max-sm:hidden" },
  { label: "Joined", className: "w-[128px]" },
  { label: "Made by", className: "w-[16%] max-lg:hidden" },
  { label: "Ends", className: "w-[120px] max-sm:hidden" },
  { label: "Verbs", className: "w-[84px]", isQuiet: true },
];

/** Join tokens: how many workers each has let in, and how many it may. */
export function JoinTokensPane() {
  const { data, error, refetch } = useQuery(joinTokensQuery);
  const [asked, ask] = useState<JoinTokenItem>();
  const revoke = useRevokeJoinToken();
  if (error && !data) return <ErrorState error={error} what="The list of join tokens" onRetry={refetch} />;
  if (!data) return <SkeletonRows rows={4} height={32} hasHead />;
  if (data.length === 0) {
    return (
      <EmptyState
        title="Join tokens would be here."
        commands={["stroem workers create-join-token --name my-worker --uses 1"]}
      >
        A worker that starts with a join token gets an identity of its own.
      </EmptyState>
    );
  }
  return (
    <>
      <Table columns={COLUMNS} label="Join tokens">
        {data.map((token) => (
          <TokenRow key={token.prefix} token={token} onRevoke={() => ask(token)} />
        ))}
      </Table>
      {asked && (
        <ConfirmDialog
          title={`Revoke the join token ${asked.name || asked.prefix}?`}
          description="No worker joins with it from now on. Those that have joined stay."
          verb="Revoke"
          request={revoke}
          value={asked.prefix}
          onClose={() => ask(undefined)}
        />
      )}
    </>
  );
}

function TokenRow({ token, onRevoke }: { token: JoinTokenItem; onRevoke: () => void }) {
  const { name, prefix } = token;
  const bounds = boundWords(token);
  const isOver = Date.parse(token.expires_at) < Date.now();
  return (
    <Row data-token={prefix} className="[&>td]:h-8 max-sm:[&>td]:py-1.5">
      <Cell className="font-medium" title={name}>
        {name || <span className="text-text-3">without a name</span>}
        <span className="block truncate font-normal text-12 text-text-3 sm:hidden">
          {prefix}… · {bounds}
        </span>
      </Cell>
      <Cell className="font-mono text-12 text-text-2 max-sm:hidden">{prefix}…</Cell>
      <Cell className="text-text-2 max-sm:hidden" title={bounds}>
        {bounds}
      </Cell>
      <Cell className="text-text-2 tabular-nums">{usesWords(token)}</Cell>
      <Cell className="text-text-2 max-lg:hidden" title={token.created_by}>
        {token.created_by}
      </Cell>
      <Cell className="text-text-2 max-sm:hidden">
        {isOver ? <span className="text-failed">is over</span> : <ClockTime at={token.expires_at} />}
      </Cell>
      <Cell>
        <Button variant="quiet" size="sm" aria-label={`Revoke the join token ${name || prefix}`} onClick={onRevoke}>
          Revoke
        </Button>
      </Cell>
    </Row>
  );
}
