import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { type Change, historyQuery } from "@/api/job";
import { Chip } from "@/components/ui/chip";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { cn } from "@/lib/cn";
import { NARROW, useMedia } from "@/lib/media";
import { counted } from "@/lib/number";
import { exactTime, hourMinuteSecond } from "@/lib/time";
import { causeWords, waitWords } from "./change-words";
import type { JobView } from "./use-job-view";

const ROW = 28;
/** On narrow screens, where the words have a line of their own. */
const CARD = 44;

/** Every change of the job and its steps, oldest first, with what caused it. */
export function HistoryPane({ view: { job, selected, select } }: { view: JobView }) {
  const [isOfStep, setOfStep] = useState(false);
  const step = isOfStep ? selected?.path : undefined;
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    historyQuery(job.job_id, step),
  );
  const changes = data?.pages.flatMap((page) => page.items) ?? [];
  const scroll = useRef<HTMLDivElement>(null);
  const row = useMedia(NARROW) ? CARD : ROW;
  const virtual = useVirtualizer({
    count: changes.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => row,
    overscan: 10,
  });
  const lines = virtual.getVirtualItems();
  const last = lines.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= changes.length - 20) fetchNextPage();
  }, [last, changes.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <>
      <div className="flex h-9 flex-none items-center gap-2 border-line border-b px-4 text-12 text-text-3">
        {selected && (
          <Chip isSet={isOfStep} aria-pressed={isOfStep} onClick={() => setOfStep(!isOfStep)}>
            Only {selected.path}
          </Chip>
        )}
        <span className="ml-auto tabular-nums">
          {counted(changes.length, "change")}
          {hasNextPage ? " and more" : ""}
        </span>
      </div>
      {error && <ErrorState error={error} what="The history" onRetry={refetch} />}
      {!data && !error && <SkeletonRows rows={10} height={ROW} />}
      <div ref={scroll} className="min-h-0 flex-1 overflow-auto max-sm:h-[calc(100dvh-272px)] max-sm:flex-none">
        <ol className="relative" style={{ height: virtual.getTotalSize() }} aria-label="Changes">
          {lines.map((line) => {
            const change = changes[line.index];
            return change ? (
              <li key={change.id} className="absolute inset-x-0" style={{ top: line.start }}>
                <Line change={change} onStep={select} />
              </li>
            ) : null;
          })}
        </ol>
      </div>
    </>
  );
}

function Line({ change, onStep }: { change: Change; onStep: (path: string) => void }) {
  const words = [waitWords(change.waits_for), change.detail].filter(Boolean).join(": ");
  const isFailed = change.status === "failed";
  return (
    <div className="grid h-7 grid-cols-[64px_14px_minmax(80px,1fr)_128px_minmax(0,2fr)] items-center gap-2 px-4 hover:bg-hover max-sm:h-11 max-sm:grid-cols-[14px_minmax(0,1fr)_auto] max-sm:content-center max-sm:gap-y-0">
      <time
        dateTime={change.at}
        title={exactTime(change.at)}
        className="text-12 text-text-3 tabular-nums max-sm:order-1"
      >
        {hourMinuteSecond(new Date(change.at))}
      </time>
      <StateGlyph state={stateOf(change.status)} />
      {change.step_name ? (
        <button
          type="button"
          className="min-w-0 truncate text-left hover:underline"
          title={change.step_name}
          onClick={() => onStep(change.step_name ?? "")}
        >
          {change.step_name}
          {change.attempt > 1 && <span className="text-12 text-text-3"> attempt {change.attempt}</span>}
        </button>
      ) : (
        <span className="truncate font-medium">The job</span>
      )}
      <span className="truncate text-12 text-text-2 max-sm:hidden" title={change.actor ?? undefined}>
        {causeWords(change)}
      </span>
      <span
        className={cn(
          "truncate text-12 max-sm:order-2 max-sm:col-span-2 max-sm:col-start-2",
          isFailed ? "text-failed" : "text-text-3",
        )}
        title={words}
      >
        <span className="sm:hidden">
          {causeWords(change)}
          {words ? ": " : " "}
        </span>
        {words || (change.actor ? `by ${shortActor(change.actor)}` : "")}
      </span>
    </div>
  );
}

/** Workers are named by ids of 36 characters; eight of them tell them apart. */
function shortActor(actor: string): string {
  return /^[0-9a-f]{8}-/.test(actor) ? `worker ${actor.slice(0, 8)}` : actor;
}
