import { ChevronDown, ChevronRight } from "lucide-react";
import { Fragment, memo } from "react";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/duration";
import { count, counted } from "@/lib/number";
import { cssOf } from "./ansi-css";
import type { Group } from "./groups";
import { matchesIn, pieces } from "./highlight";
import type { LogLine } from "./line";
import { lineTime, type TimeMode } from "./line-time";
import { hostBeside } from "./link-host";

/** What all rows of a log share. It is the same object as long as nothing of it changes. */
export interface RowLook {
  isWrapped: boolean;
  time: TimeMode;
  origin: number;
  digits: number;
  hasBothStreams: boolean;
  pattern: RegExp | null;
  onNumber: (line: number, isRange: boolean) => void;
  onFold: (group: Group) => void;
  onWhole: (line: number) => void;
}

interface Props {
  number: number;
  line: LogLine | undefined;
  look: RowLook;
  isLinked: boolean;
  isError: boolean;
  isCurrent: boolean;
  group: Group | undefined;
  isOpen: boolean;
  /** The time of the last line of the group, 0 when it is not known. */
  until: number;
}

const TIME_WIDTH: Record<TimeMode, string> = { offset: "w-[46px]", clock: "w-[66px]", none: "hidden" };

/** A line with its number and time, or the name of a group that folds. */
export const LogRow = memo(function LogRow(props: Props) {
  const { number, line, look, isLinked, isError, group } = props;
  const isMarked = isError && !isLinked;
  const hasRule = look.hasBothStreams && line?.stream === "stderr";
  return (
    <div
      data-line={number}
      className={cn(
        "group/row flex min-h-[18px] pr-5",
        look.isWrapped ? "" : "h-[18px] w-max min-w-full whitespace-pre",
        isLinked ? "bg-accent-tint shadow-[inset_2px_0_var(--accent)]" : "bg-surface",
        isMarked && "bg-failed-tint",
        !isLinked && !isMarked && "hover:bg-hover",
      )}
    >
      <span
        className={cn(
          "sticky left-0 flex flex-none select-none bg-inherit",
          isLinked && "shadow-[inset_2px_0_var(--accent)]",
        )}
      >
        <button
          type="button"
          tabIndex={-1}
          aria-label={`Link to line ${number + 1}`}
          style={{ width: `calc(${look.digits}ch + 26px)` }}
          className={cn(
            "flex-none self-start pr-3 text-right tabular-nums hover:text-accent hover:underline",
            isLinked ? "font-semibold text-accent" : "text-text-3",
          )}
          onClick={(event) => look.onNumber(number, event.shiftKey)}
        >
          {number + 1}
        </button>
        <span className={cn("flex-none text-text-3", TIME_WIDTH[look.time])}>
          {line && lineTime(line.at, look.origin, look.time)}
        </span>
        <span
          className={cn("-ml-[7px] mr-[5px] w-0.5 flex-none", hasRule && "bg-failed-fill")}
          {...(hasRule ? { role: "img", "aria-label": "stderr" } : {})}
        />
      </span>
      {group ? <GroupName {...props} group={group} /> : <LineText {...props} />}
    </div>
  );
});

function GroupName({ line, look, group, isOpen, until }: Props & { group: Group }) {
  const lines = group.last - group.first - (group.hasEnd ? 1 : 0);
  const took = line?.at && until ? ` · ${duration(until - line.at)}` : "";
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      onClick={() => look.onFold(group)}
      className="flex min-w-0 items-center gap-1.5 text-left text-text-2"
    >
      <Chevron size={12} className="flex-none" aria-hidden />
      <span className="truncate font-semibold">{line ? line.group || "Group" : "…"}</span>
      <span className="flex-none text-text-3">{!isOpen && counted(lines, "line") + took}</span>
    </button>
  );
}

function LineText({ number, line, look, isCurrent }: Props) {
  if (!line) return <span className="my-[5px] h-2 w-2/5 flex-none rounded-1 bg-line" />;
  const bounds = matchesIn(line.plain, look.pattern);
  let start = 0;
  return (
    <span className={cn("min-w-0", look.isWrapped && "whitespace-pre-wrap [overflow-wrap:anywhere]")}>
      {line.spans.map((span, index) => {
        const at = start;
        start += span.text.length;
        const content = bounds.length > 0 ? marked(span.text, at, bounds, isCurrent) : span.text;
        const style = cssOf(span.style);
        if (span.style.link) {
          const host = hostBeside(line.spans, index);
          return (
            <Fragment key={at}>
              <a
                href={span.style.link}
                title={span.style.link}
                target="_blank"
                rel="noreferrer noopener"
                style={style}
                className="underline"
              >
                {content}
              </a>
              {host && <span className="select-none text-text-3"> ({host})</span>}
            </Fragment>
          );
        }
        return style ? (
          <span key={at} style={style}>
            {content}
          </span>
        ) : (
          content
        );
      })}
      {line.cut > 0 && (
        <button
          type="button"
          className="ml-2 select-none text-accent hover:underline"
          onClick={() => look.onWhole(number)}
        >
          Show all, {count(line.cut)} characters more
        </button>
      )}
      {line.plain === "" && "\u200b"}
    </span>
  );
}

function marked(text: string, start: number, bounds: number[], isCurrent: boolean) {
  return pieces(text, start, bounds).map((piece, index) =>
    piece.isHit ? (
      <mark key={index} className={cn("rounded-[2px] text-text", isCurrent ? "bg-hit-now" : "bg-hit")}>
        {piece.text}
      </mark>
    ) : (
      piece.text
    ),
  );
}
