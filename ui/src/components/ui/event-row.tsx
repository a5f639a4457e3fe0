import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { EventItem } from "@/api/events";
import { cn } from "@/lib/cn";
import { formatJson } from "@/lib/json";
import { causeWords, kindWords } from "@/lib/kind";
import { personName } from "@/lib/person";
import { sentence } from "@/lib/reason";
import { Fact, Facts } from "./facts";
import { JobIdLink } from "./job-id";
import { Revision } from "./revision";
import { type State, StateGlyph } from "./state-glyph";
import { Tag } from "./state-word";
import { Cell, DetailRow, Row } from "./table";
import { ClockTime } from "./time";

/** The columns of a table of events. */
export const EVENT_COLUMNS = [
  { label: "Severity", className: "w-10", isQuiet: true },
  { label: "When", className: "w-[100px] max-sm:w-[72px]" },
  { label: "Where", className: "w-[130px] max-sm:hidden" },
  { label: "Kind", className: "w-[140px] max-sm:hidden" },
  { label: "What happened", className: "" },
  { label: "How often", className: "w-[76px] text-right max-sm:hidden", isQuiet: true },
  { label: "By", className: "w-[140px] max-sm:hidden" },
];

const GLYPH: Record<EventItem["severity"], State | null> = { info: null, warning: "waiting", error: "failed" };

interface Props {
  event: EventItem;
  /** Whether all events of the list are of one place, which has no column then. */
  isOfOnePlace?: boolean;
  isOpen: boolean;
  isCurrent: boolean;
  onToggle: (id: number) => void;
}

/** An event; opened, all that is kept of it. */
export const EventRow = memo(function EventRow({ event, isOfOnePlace, isOpen, isCurrent, onToggle }: Props) {
  const state = GLYPH[event.severity];
  const message = sentence(event.message);
  return (
    <>
      <Row isCurrent={isCurrent} data-event={event.id} onClick={() => onToggle(event.id)}>
        <Cell>
          {state ? (
            <StateGlyph state={state} label={event.severity} />
          ) : (
            <span className="ml-1 block size-1.5 rounded-full bg-line-2" />
          )}
        </Cell>
        <Cell className="text-text-2 tabular-nums">
          <ClockTime at={event.last_at} />
        </Cell>
        {!isOfOnePlace && <Cell className="text-text-2 max-sm:hidden">{event.workspace ?? event.library ?? "–"}</Cell>}
        <Cell className="text-text-2 max-sm:hidden">{kindWords(event.kind)}</Cell>
        <Cell
          className={cn(event.severity === "error" && "text-failed", event.severity === "warning" && "text-waiting")}
        >
          <button
            type="button"
            aria-expanded={isOpen}
            className="block w-full truncate text-left max-sm:line-clamp-2 max-sm:whitespace-normal max-sm:py-1"
            title={message}
            onClick={(click) => {
              click.stopPropagation();
              onToggle(event.id);
            }}
          >
            {!isOfOnePlace && <span className="text-text-3 sm:hidden">{event.workspace ?? event.library} </span>}
            {message}
          </button>
        </Cell>
        <Cell className="text-right text-text-3 tabular-nums max-sm:hidden">
          {event.count > 1 && `${event.count} times`}
        </Cell>
        <Cell className="text-text-2 max-sm:hidden">
          {personName(event.by) || (event.cause && causeWords(event.cause))}
        </Cell>
      </Row>
      {isOpen && (
        <DetailRow>
          <Details event={event} isOfOnePlace={isOfOnePlace} />
        </DetailRow>
      )}
    </>
  );
});

function Details({ event, isOfOnePlace }: Pick<Props, "event" | "isOfOnePlace">) {
  const jobId = typeof event.data["job_id"] === "string" ? event.data["job_id"] : null;
  return (
    <div className="sm:pl-10">
      <p className="max-w-[900px] px-4 pt-2 [overflow-wrap:anywhere]">{sentence(event.message)}</p>
      <Facts className="flex-wrap border-b-0">
        {event.workspace && !isOfOnePlace && (
          <Fact label="Workspace">
            <Link
              to="/workspaces/$workspace"
              params={{ workspace: event.workspace }}
              className="text-accent hover:underline"
            >
              {event.workspace}
            </Link>
          </Fact>
        )}
        {event.library && <Fact label="Library">{event.library}</Fact>}
        {event.release !== null && event.release !== undefined && <Fact label="Release">{event.release}</Fact>}
        {event.revision && (
          <Fact label="Revision">
            <Revision revision={event.revision} />
          </Fact>
        )}
        {jobId && (
          <Fact label="Job">
            <JobIdLink id={jobId} />
          </Fact>
        )}
        {event.by && <Fact label="By">{personName(event.by)}</Fact>}
        {event.cause && !(event.by && event.cause === "person") && (
          <Fact label="Because of">{causeWords(event.cause)}</Fact>
        )}
        <Fact label="First">
          <ClockTime at={event.at} />
        </Fact>
        <Fact label="Number">{event.id}</Fact>
      </Facts>
      {event.undelivered?.map((sink) => (
        <p key={sink.sink} className="flex items-center gap-2 px-4 pb-2 text-waiting">
          <Tag state="waiting">not delivered</Tag>
          {sink.sink}: {sink.error ?? "not tried yet"}, tried {sink.attempts} times
        </p>
      ))}
      {Object.keys(event.data).length > 0 && (
        <pre className="max-h-60 overflow-auto px-4 pb-3 text-12">{formatJson(event.data)}</pre>
      )}
    </div>
  );
}
