import { useQuery } from "@tanstack/react-query";
import { serviceAccountsQuery } from "@/api/service-accounts";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ServiceAccount } from "./service-account";

/** All accounts of programs. */
export function ServiceAccountsPane() {
  const { data, error, refetch } = useQuery(serviceAccountsQuery);
  if (error && !data) return <ErrorState error={error} what="The list of service accounts" onRetry={refetch} />;
  if (!data) return <SkeletonRows rows={6} height={36} />;
  if (data.length === 0) {
    return (
      <EmptyState title="Accounts of programs would be here.">
        A pipeline or a script that belongs to nobody signs in with a key of such an account. Its rights are those of
        its groups.
      </EmptyState>
    );
  }
  return data.map((account) => <ServiceAccount key={account.account_id} account={account} />);
}
