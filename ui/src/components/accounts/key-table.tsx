import { useState } from "react";
import type { ApiKeyItem } from "@/api/account";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Cell, Row, Table } from "@/components/ui/table";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { scopeWords } from "./scope-words";

const COLUMNS = [
  { label: "Key", className: "w-[24%] max-sm:w-auto" },
  { label: "Begins with", className: "w-[128px] max-sm:hidden" },
  { label: "May", className: "max-sm:hidden" },
  { label: "Last used", className: "w-[104px]" },
  { label: "Ends", className: "w-[120px] max-sm:hidden" },
  { label: "Verbs", className: "w-[84px]", isQuiet: true },
];

interface Props {
  keys: readonly ApiKeyItem[];
  label: string;
  remove: {
    mutate: (prefix: string, options: { onSuccess: () => void }) => void;
    reset: () => void;
    isPending: boolean;
    error: unknown;
  };
}

/** API keys: what each may do, and when it was used. */
export function KeyTable({ keys, label, remove }: Props) {
  const [asked, ask] = useState<ApiKeyItem>();
  return (
    <>
      <Table columns={COLUMNS} label={label}>
        {keys.map((key) => (
          <KeyRow key={key.prefix} item={key} onDelete={() => ask(key)} />
        ))}
      </Table>
      {asked && (
        <ConfirmDialog
          title={`Delete the key ${asked.name}?`}
          description="Programs that sign in with it are refused from now on."
          verb="Delete"
          request={remove}
          value={asked.prefix}
          onClose={() => ask(undefined)}
        />
      )}
    </>
  );
}

function KeyRow({ item, onDelete }: { item: ApiKeyItem; onDelete: () => void }) {
  const scope = scopeWords(item);
  const isOver = !!item.expires_at && Date.parse(item.expires_at) < Date.now();
  return (
    <Row data-key={item.prefix} className="[&>td]:h-8 max-sm:[&>td]:py-1.5">
      <Cell className="font-medium" title={item.name}>
        {item.name}
        <span className="block truncate font-normal text-12 text-text-3 sm:hidden">{scope}</span>
      </Cell>
      <Cell className="font-mono text-12 text-text-2 max-sm:hidden">{item.prefix}…</Cell>
      <Cell className="text-text-2 max-sm:hidden" title={scope}>
        {scope}
      </Cell>
      <Cell className="text-text-2">
        {item.last_used_at ? <RelativeTime at={item.last_used_at} /> : <span className="text-text-3">never</span>}
      </Cell>
      <Cell className="text-text-2 max-sm:hidden">
        {!item.expires_at && <span className="text-text-3">never</span>}
        {item.expires_at &&
          (isOver ? <span className="text-failed">is over</span> : <ClockTime at={item.expires_at} />)}
      </Cell>
      <Cell>
        <Button variant="quiet" size="sm" aria-label={`Delete the key ${item.name}`} onClick={onDelete}>
          Delete
        </Button>
      </Cell>
    </Row>
  );
}
