import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type DeadLetter, deadLettersQuery, type TriggerName, useDropLetters, useRetryLetters } from "@/api/trigger";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { MoreButton } from "@/components/ui/more-button";
import { ReasonDialog } from "@/components/ui/reason-dialog";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Tag } from "@/components/ui/state-word";
import { RelativeTime } from "@/components/ui/time";
import { showToast } from "@/components/ui/toast";
import { formatJson, visibleText } from "@/lib/json";
import { counted, size } from "@/lib/number";

/** Events that could not start a job: each with its reason and content, to be tried again or dropped. */
export function DeadLetters({ name }: { name: TriggerName }) {
  const query = useInfiniteQuery(deadLettersQuery(name));
  const retry = useRetryLetters(name);
  const drop = useDropLetters(name);
  const [dropped, askDrop] = useState<number[] | "all" | null>(null);
  const all = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  if (query.error && !query.data)
    return <ErrorState error={query.error} what="The list of dead letters" onRetry={query.refetch} />;
  if (query.isPending) return <SkeletonRows rows={8} height={36} />;
  if (!all.length) return <EmptyState title="None: each event has started a job or was filtered." />;
  const tryAgain = (ids: number[] | null) =>
    retry.mutate(ids, {
      onSuccess: ({ settled, failed, reason }) =>
        showToast({
          tone: failed ? "failed" : "completed",
          text: `${counted(settled, "event")} settled${failed ? `, ${failed} stay: ${reason}` : "."}`,
        }),
    });
  const close = () => {
    askDrop(null);
    drop.reset();
  };
  const isAll = dropped === "all";
  return (
    <>
      <div className="flex h-9 flex-none items-center gap-2 border-line border-b px-4">
        <span className="text-text-2">{counted(total, "event")} could not start a job</span>
        <Button size="sm" className="ml-auto" disabled={retry.isPending} onClick={() => tryAgain(null)}>
          Retry all
        </Button>
        <Button size="sm" variant="danger" onClick={() => askDrop("all")}>
          Drop all
        </Button>
      </div>
      {all.map((letter) => (
        <Letter
          key={letter.id}
          letter={letter}
          isPending={retry.isPending}
          onRetry={() => tryAgain([letter.id])}
          onDrop={() => askDrop([letter.id])}
        />
      ))}
      <MoreButton query={query}>Older</MoreButton>
      <ReasonDialog
        open={dropped !== null}
        onOpenChange={close}
        title={isAll ? `Drop ${counted(total, "event")}?` : "Drop the event?"}
        description="What is dropped cannot be tried again."
        verb={isAll ? "Drop all" : "Drop"}
        isDestructive
        asksReason={false}
        isPending={drop.isPending}
        error={drop.error}
        onConfirm={() => drop.mutate(dropped === "all" ? null : dropped, { onSuccess: close })}
      />
    </>
  );
}

interface LetterProps {
  letter: DeadLetter;
  isPending: boolean;
  onRetry: () => void;
  onDrop: () => void;
}

function Letter({ letter, isPending, onRetry, onDrop }: LetterProps) {
  return (
    <div className="flex items-start gap-3 border-line border-b px-4 py-1.5" data-letter={letter.id}>
      <details className="min-w-0 flex-1">
        <summary className="flex min-h-6 items-center gap-3">
          <RelativeTime at={letter.at} className="w-24 flex-none text-text-3 tabular-nums" />
          <code className="max-w-[220px] truncate text-12 max-sm:hidden">{visibleText(letter.key)}</code>
          <span className="min-w-0 flex-1 truncate text-failed" title={visibleText(letter.reason)}>
            {visibleText(letter.reason)}
          </span>
          {letter.retries > 0 && <Tag>tried {counted(letter.retries, "time")} again</Tag>}
          {letter.is_masked && <Tag>had secrets</Tag>}
          <span className="text-12 text-text-3 max-sm:hidden">{size(letter.size)}</span>
        </summary>
        <pre className="mt-1 max-h-80 overflow-auto rounded-2 border border-line bg-sunken px-3 py-2 text-12">
          {visibleText(letter.text ?? formatJson(letter.data))}
        </pre>
      </details>
      <Button size="sm" variant="quiet" disabled={letter.is_masked || isPending} onClick={onRetry}>
        Retry
      </Button>
      <Button size="sm" variant="quiet" onClick={onDrop}>
        Drop
      </Button>
    </div>
  );
}
