import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
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

interface Props {
  failures: number;
  approvals: number;
  outOfStep: number;
}

/** The answer to "is everything all right?" in a sentence whose counts lead to what they count. */
export function Verdict({ failures, approvals, outOfStep }: Props) {
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
  return (
    <div className="flex flex-none items-baseline gap-4 border-line border-b px-4 pt-3.5 pb-3 max-sm:block">
      <h1 className="font-semibold text-20 tracking-[-0.015em] max-sm:text-16">
        {parts.length === 0
          ? "Everything is fine."
          : parts.map((part, index) => (
              <Fragment key={index}>
                {index > 0 && (index === parts.length - 1 ? " and " : ", ")}
                {part}
              </Fragment>
            ))}
        {parts.length > 0 && ". The rest is fine."}
      </h1>
      <time
        className="ml-auto whitespace-nowrap text-12 text-text-3 tabular-nums"
        dateTime={new Date(now).toISOString()}
      >
        {clock.format(now)}
      </time>
    </div>
  );
}
