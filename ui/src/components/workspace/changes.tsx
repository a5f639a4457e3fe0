import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { compareQuery, releasePagesQuery } from "@/api/releases";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { PlanView } from "@/components/ui/plan-view";
import { SkeletonRows } from "@/components/ui/skeleton";

/** What a release changed against the kept one before it. */
export function Changes({ workspace, release }: { workspace: string; release: number }) {
  const pages = useInfiniteQuery(releasePagesQuery(workspace));
  const numbers = pages.data?.pages.flatMap((page) => page.items.map((item) => item.number)) ?? [];
  const before = numbers.find((number) => number < release);
  const plan = useQuery({ ...compareQuery(workspace, before ?? release, release), enabled: before !== undefined });
  if (plan.error) return <ErrorState error={plan.error} what="The changes" onRetry={() => plan.refetch()} />;
  if (plan.data) return <PlanView plan={plan.data} title={`What release ${release} changed`} />;
  if (pages.isPending || before !== undefined) return <SkeletonRows />;
  return <EmptyState title={`Release ${release} is the oldest that is kept: there is none to compare it with.`} />;
}
