import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { messageOf } from "@/api/error";
import { Button } from "@/components/ui/button";
import { StateGlyph } from "@/components/ui/state-glyph";
import { useNow } from "@/lib/clock";
import { counted } from "@/lib/number";

const LINK = "border-b-[1.5px] border-line-2 hover:border-current";
const clock = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});

/** A count that could not be read: what it is of, as the subject of a sentence, and why; null while it is tried again. */
export interface Unknown {
  what: string;
  error: unknown;
}

interface Props {
  failures: number;
  approvals: number;
  outOfStep: number;
  /** Counts that are missing or of an earlier time. Nothing is called fine while there are any. */
  unknown: readonly Unknown[];
  onRetry: () => void;
}

/** The answer to "is everything all right?" in a sentence whose counts lead to what they count. */
export function Verdict({ failures, approvals, outOfStep, unknown, onRetry }: Props) {
  const now = useNow(1000);
  const parts = [
    failures > 0 && (
      <>
        <Link to="/jobs" search={{ status: "failed", hours: 24 }} className={`${LINK} text-failed`}>
          {counted(failures, "failure")}
        </Link>{" "}
        since yesterday
      </>
    ),
    approvals > 0 && (
      <Link to="/approvals" className={`${LINK} text-waiting`}>
        {counted(approvals, "approval")}
      </Link>
    ),
    outOfStep > 0 && (
      <Link to="/workspaces" className={LINK}>
        {counted(outOfStep, "workspace")} out of step
      </Link>
    ),
  ].filter(Boolean);
  const isKnown = unknown.length === 0;
  return (
    <div className="flex flex-none flex-wrap items-baseline gap-x-4 border-line border-b px-4 pt-3.5 pb-3 max-sm:block">
      <h1 className="font-semibold text-20 tracking-[-0.015em] max-sm:text-16">
        {parts.length === 0
          ? isKnown
            ? "Everything is fine."
            : "Not known whether everything is fine."
          : parts.map((part, index) => (
              <Fragment key={index}>
                {index > 0 && (index === parts.length - 1 ? " and " : ", ")}
                {part}
              </Fragment>
            ))}
        {parts.length > 0 && (isKnown ? ". The rest is fine." : ". The rest is not known.")}
      </h1>
      <time
        className="ml-auto whitespace-nowrap text-12 text-text-3 tabular-nums"
        dateTime={new Date(now).toISOString()}
      >
        {clock.format(now)}
      </time>
      {!isKnown && (
        <div role="alert" className="flex basis-full items-center gap-3 pt-1 text-failed">
          <ul className="min-w-0">
            {unknown.map(({ what, error }) => (
              <li key={what} className="flex items-start gap-1.5 [overflow-wrap:anywhere]">
                <StateGlyph state="failed" label="" className="mt-[3px]" />
                {what} cannot be read{error ? `: ${messageOf(error)}` : ". Trying again …"}
              </li>
            ))}
          </ul>
          <Button size="sm" onClick={onRetry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}
