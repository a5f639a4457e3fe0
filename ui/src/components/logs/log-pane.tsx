import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { messageOf } from "@/api/error";
import { type LogSource, logFileUrl, logSummaryQuery } from "@/api/logs";
import { download } from "@/api/tickets";
import { copyText } from "@/components/ui/copy-text";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { stateOf } from "@/components/ui/state-glyph";
import { showToast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { PLAIN } from "./ansi";
import { type LogLine, lineOf } from "./line";
import { ALL_LINES, ERROR_PATTERN, searchOfFilter, wordsOfFilter } from "./log-filter";
import { LogFoot } from "./log-foot";
import { LogHead } from "./log-head";
import { LogLines } from "./log-lines";
import { LogRail } from "./log-rail";
import type { RowLook } from "./log-row";
import { LogSearchField } from "./log-search-field";
import { logText } from "./log-text";
import { rowsOf, rowsWithout } from "./row-map";
import { useFolds } from "./use-folds";
import { useHits } from "./use-hits";
import { useLinkedLines } from "./use-linked-lines";
import { useLog } from "./use-log";
import { useLogKeys } from "./use-log-keys";
import { useLogPrefs } from "./use-log-prefs";
import { useLogSearch } from "./use-log-search";
import { useWhere } from "./use-where";

interface Props {
  source: LogSource;
  attempts: number;
  status: string;
  onAttempt: (attempt: number) => void;
  isPage?: boolean;
  /** What the step waits for before it begins. */
  waitsFor?: string | null;
}

const ENDED = ["completed", "failed", "skipped", "cancelled"];
const NO_LINES: Record<string, string> = {
  pending: "No lines yet: the step has not begun.",
  ready: "No lines yet: no worker has taken the step.",
  suspended: "No lines yet: the step waits.",
};
const MOST_ERRORS = 5000;
const MOST_FILTERED = 200_000;
const NO_ERRORS = { q: ERROR_PATTERN, regex: true };

/** One log with its head, rail and foot. */
export function LogPane({ source, attempts, status, onAttempt, isPage, waitsFor }: Props) {
  const isLast = source.attempt === undefined || source.attempt >= attempts;
  const state = isLast ? stateOf(status) : "failed";
  const isLive = isLast && !ENDED.includes(status);
  const { model, version } = useLog(source, isLive);
  const total = model.total;
  const summary = useQuery({ ...logSummaryQuery(source, isLive, state === "failed"), enabled: model.isReady }).data;
  const [prefs, setPrefs] = useLogPrefs();
  const [filter, setFilter] = useState(ALL_LINES);
  const [isFull, setFull] = useState(false);
  const [whole, setWhole] = useState<ReadonlyMap<number, LogLine>>(new Map());
  const [linked, link] = useLinkedLines(source);
  const field = useRef<HTMLInputElement>(null);

  const firstError = summary?.first_error ?? null;
  const errors = useHits(source, firstError === null ? null : NO_ERRORS, total, MOST_ERRORS, firstError ?? 0).lines;
  const errorSet = useMemo(() => new Set(errors), [errors]);
  const filterSearch = useMemo(() => searchOfFilter(filter), [filter]);
  const filtered = useHits(source, filterSearch, total, MOST_FILTERED);
  const folds = useFolds(model, isLive, state === "failed", errors);
  const rows = useMemo(
    () => (filterSearch ? rowsOf(filtered.lines) : rowsWithout(total, folds.hidden)),
    [filterSearch, filtered.lines, total, folds.hidden],
  );
  const where = useWhere({ model, rows, isLive, isFailed: state === "failed", linked, summary });
  const go = (line: number) => {
    folds.reveal(line);
    where.goLine(line);
  };
  const search = useLogSearch(source, total, where.topLine, go);

  const onNumber = useCallback(
    (line: number, isRange: boolean) => {
      const isSame = linked?.first === line && linked.last === line;
      const first = isRange && linked ? Math.min(linked.first, line) : line;
      const last = isRange && linked ? Math.max(linked.first, line) : line;
      link(isSame ? null : { first, last });
    },
    [linked, link],
  );
  const { isOpen, set } = folds;
  const onFold = useCallback((group: Parameters<typeof isOpen>[0]) => set(group, !isOpen(group)), [isOpen, set]);
  const onWhole = useCallback(
    (number: number) => {
      const record = model.chunks.record(number);
      const start = model.chunks.line(number)?.spans[0]?.style ?? PLAIN;
      if (record) setWhole((all) => new Map(all).set(number, lineOf(record, start, Number.POSITIVE_INFINITY).line));
    },
    [model],
  );
  const stderr = summary?.stderr_lines ?? 0;
  const hasBothStreams = filter.stream === "both" && (isLive || (stderr > 0 && stderr < (summary?.scanned ?? 0)));
  const origin = model.origin || Date.parse(summary?.first_at ?? "") || 0;
  const digits = Math.max(String(total).length, 2);
  const { isWrapped, time } = prefs;
  const { pattern } = search;
  const look = useMemo<RowLook>(
    () => ({ isWrapped, time, origin, digits, hasBothStreams, pattern, onNumber, onFold, onWhole }),
    [isWrapped, time, origin, digits, hasBothStreams, pattern, onNumber, onFold, onWhole],
  );
  const copy = async (what: "lines" | "link") => {
    const span = linked ?? { first: where.topLine(), last: where.topLine() };
    if (!linked) link(span);
    try {
      const text =
        what === "link" ? location.href : await (await logText(source, span.first, span.last - span.first + 1)).text();
      if (await copyText(text)) showToast({ text: what === "link" ? "Link copied" : "Lines copied" });
    } catch (error) {
      showToast({ text: messageOf(error), tone: "failed" });
    }
  };
  useLogKeys({
    follow: where.toggleFollow,
    wrap: () => setPrefs({ isWrapped: !prefs.isWrapped }),
    fold: folds.foldAll,
    search: () => {
      field.current?.focus();
      field.current?.select();
    },
    start: where.goStart,
    end: where.goEnd,
    link: () => copy("link"),
    leave: isFull ? () => setFull(false) : undefined,
  });

  return (
    <div className={cn("@container flex min-h-0 flex-1 flex-col bg-surface", isFull && "fixed inset-0 z-40")}>
      <LogHead
        name={source.step ?? "Whole job"}
        state={state}
        last={stateOf(status)}
        attempts={attempts}
        attempt={source.attempt}
        onAttempt={onAttempt}
        search={<LogSearchField search={search} field={field} className="w-full" />}
        filter={filter}
        onFilter={setFilter}
        prefs={prefs}
        onPrefs={setPrefs}
        onDownload={(file) => download(logFileUrl(source, file))}
        isFull={isFull}
        onFull={isPage ? undefined : () => setFull(!isFull)}
      />
      <div className="flex min-h-0 flex-1">
        <div className="relative min-w-0 flex-1">
          {model.isReady ? (
            <LogLines
              model={model}
              version={version}
              rows={rows}
              look={look}
              label={`Log of ${source.step ?? "the job"}`}
              anchor={where.anchor}
              setAnchor={where.setAnchor}
              isFollowing={where.isFollowing}
              groups={filterSearch ? [] : folds.groups}
              isOpen={isOpen}
              linked={linked}
              errors={errorSet}
              current={search.current}
              whole={whole}
            />
          ) : model.error ? (
            <ErrorState error={model.error} what="The log" onRetry={model.retry} />
          ) : (
            <SkeletonRows rows={12} height={18} />
          )}
          {model.isReady && rows.count === 0 && (
            <Nothing
              status={status}
              waitsFor={waitsFor}
              isLive={isLive}
              isFiltered={filterSearch !== null}
              isSearching={filtered.isSearching}
            />
          )}
        </div>
        <LogRail total={total} hits={search.hits.lines} errors={errors} current={search.current} onGo={go} />
      </div>
      <LogFoot
        model={model}
        shown={filterSearch ? filtered.lines.length : null}
        isCut={filtered.isCut || filtered.isSearching}
        words={wordsOfFilter(filter)}
        linked={linked}
        onCopy={copy}
        onUnlink={() => link(null)}
        isLive={isLive}
        isFollowing={where.isFollowing}
        fresh={where.fresh}
        onFollow={where.toggleFollow}
      />
    </div>
  );
}

interface NothingProps extends Pick<Props, "status" | "waitsFor"> {
  isLive: boolean;
  isFiltered: boolean;
  isSearching: boolean;
}

function Nothing(props: NothingProps) {
  if (props.isSearching) return null;
  const title = props.isFiltered
    ? "No line matches."
    : props.isLive
      ? (NO_LINES[props.status] ?? "No lines yet.")
      : "This step wrote no lines.";
  return (
    <div className="absolute inset-x-0 top-0">
      <EmptyState title={title}>{props.isLive && !props.isFiltered ? props.waitsFor : null}</EmptyState>
    </div>
  );
}
