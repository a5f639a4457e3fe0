import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { type LoopCell, loopItemsQuery, loopQuery, type StepStatus } from "@/api/job";
import { Chip } from "@/components/ui/chip";
import { ErrorState } from "@/components/ui/error-state";
import { SearchInput } from "@/components/ui/input";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { FILL } from "@/components/ui/state-word";
import { cn } from "@/lib/cn";
import { count } from "@/lib/number";
import { LoopItems } from "./loop-items";

const ORDER: readonly StepStatus[] = [
  "completed",
  "failed",
  "running",
  "suspended",
  "ready",
  "pending",
  "skipped",
  "cancelled",
];

interface Props {
  jobId: string;
  path: string;
  now: number;
  selectedPath: string | null;
  onSelect: (path: string) => void;
}

/** A loop of many items: cells with the worst state of each part, counts that filter, and the items, failed first. */
export function LoopPanel({ jobId, path, now, selectedPath, onSelect }: Props) {
  const { data: loop, error } = useQuery(loopQuery(jobId, path));
  const [chosen, setChosen] = useState<StepStatus | "all" | null>(null);
  const [text, setText] = useState("");
  const search = useDeferredValue(text.trim());
  const hasFailed = (loop?.counts["failed"] ?? 0) > 0;
  const usual = hasFailed && !search ? "failed" : undefined;
  const status = chosen === "all" ? undefined : (chosen ?? usual);
  const items = useInfiniteQuery({ ...loopItemsQuery(jobId, path, status, search), enabled: loop !== undefined });
  const goTo = (cell: LoopCell) => {
    if (!cell.step_name) return;
    setText("");
    if (ORDER.includes(cell.status as StepStatus)) setChosen(cell.status as StepStatus);
    onSelect(cell.step_name);
  };
  if (error) return <ErrorState error={error} what="The loop" />;
  if (!loop) return <SkeletonRows rows={6} height={20} />;
  return (
    <div className="border-line border-y bg-canvas py-2 pr-4 pl-[46px] max-sm:pl-4">
      <Cells cells={loop.cells} onGo={goTo} />
      <div className="my-1.5 flex flex-wrap items-center gap-1">
        {ORDER.filter((one) => loop.counts[one]).map((one) => (
          <Chip
            key={one}
            isSet={status === one}
            aria-pressed={status === one}
            onClick={() => setChosen(status === one ? "all" : one)}
            title={`${count(loop.counts[one] ?? 0)} ${one}`}
          >
            <StateGlyph state={stateOf(one)} size={12} label={one} />
            <span className={cn("tabular-nums", status === one && "font-medium text-text")}>
              {count(loop.counts[one] ?? 0)}
            </span>
          </Chip>
        ))}
        <SearchInput
          className="ml-auto w-40"
          placeholder="Item or value"
          value={text}
          maxLength={200}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      {items.error && <ErrorState error={items.error} what="The items" onRetry={() => items.refetch()} />}
      {items.data && (
        <LoopItems
          label={`Items of ${path}`}
          items={items.data.pages.flatMap((page) => page.items)}
          now={now}
          selectedPath={selectedPath}
          onSelect={onSelect}
          onEnd={() => items.hasNextPage && !items.isFetchingNextPage && items.fetchNextPage()}
        />
      )}
    </div>
  );
}

function Cells({ cells, onGo }: { cells: readonly LoopCell[]; onGo: (cell: LoopCell) => void }) {
  const columns = Math.min(cells.length, 100);
  return (
    <div className="grid gap-px" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
      {cells.map((cell) => {
        const range = cell.items > 1 ? `Items ${cell.first} to ${cell.first + cell.items - 1}` : `Item ${cell.first}`;
        const words = `${range}: ${cell.status}`;
        return (
          <button
            key={cell.first}
            type="button"
            tabIndex={-1}
            title={words}
            aria-label={words}
            onClick={() => onGo(cell)}
            className={cn("h-[7px] rounded-[1px]", FILL[stateOf(cell.status)])}
          />
        );
      })}
    </div>
  );
}
