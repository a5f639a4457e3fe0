import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { apiKeysQuery, useCreateApiKey, useDeleteApiKey } from "@/api/account";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/error-state";
import { Section } from "@/components/ui/section";
import { SkeletonRows } from "@/components/ui/skeleton";
import { KeyTable } from "./key-table";
import { NewKeyDialog } from "./new-key-dialog";

/** One's own API keys. */
export function MyKeys() {
  const { data, error, refetch } = useQuery(apiKeysQuery);
  const [isAdding, setAdding] = useState(false);
  const create = useCreateApiKey();
  const remove = useDeleteApiKey();
  const close = () => {
    setAdding(false);
    create.reset();
  };
  return (
    <Section
      title="API keys"
      remark="programs sign in with them"
      actions={
        <Button size="sm" onClick={() => setAdding(true)}>
          New key
        </Button>
      }
    >
      {error && !data && <ErrorState error={error} what="The list of keys" onRetry={refetch} />}
      {!error && !data && <SkeletonRows rows={2} height={32} hasHead />}
      {data?.length === 0 && (
        <p className="px-4 pb-3 text-text-3">There is none. A script that calls the API needs one.</p>
      )}
      {data && data.length > 0 && <KeyTable keys={data} label="API keys" remove={remove} />}
      {isAdding && <NewKeyDialog owner="you" create={create} onClose={close} />}
    </Section>
  );
}
