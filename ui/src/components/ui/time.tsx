import { useNow } from "@/lib/clock";
import { duration } from "@/lib/duration";
import { clockTime, exactTime, relativeTime } from "@/lib/time";

/** Further away the words change by the minute, and are looked at more seldom. */
const SECONDS_UP_TO_MS = 90_000;
const SLOW_MS = 15_000;

interface Props {
  at: string;
  className?: string;
}

/** `8 h ago`, kept up to date; the exact time on hover. */
export function RelativeTime({ at, className }: Props) {
  const isNear = Math.abs(Date.parse(at) - Date.now()) < SECONDS_UP_TO_MS;
  const now = useNow(isNear ? 1000 : SLOW_MS);
  return (
    <time dateTime={at} title={exactTime(at)} className={className}>
      {relativeTime(at, Math.max(now, Date.now() - 1000))}
    </time>
  );
}

/** When something is due: `in 9 s`, and `due` from then on. */
export function DueTime({ at, className }: Props) {
  const now = useNow();
  if (Date.parse(at) > Math.max(now, Date.now() - 1000)) return <RelativeTime at={at} className={className} />;
  return (
    <time dateTime={at} title={exactTime(at)} className={className}>
      due
    </time>
  );
}

/** The time of the clock, with the day when it is another; the exact time on hover. */
export function ClockTime({ at, className }: Props) {
  return (
    <time dateTime={at} title={exactTime(at)} className={className}>
      {clockTime(at)}
    </time>
  );
}

interface ElapsedProps {
  from: string;
  /** Without an end the time runs on. */
  to?: string | null;
}

/** The time between two instants in words. */
export function Elapsed({ from, to }: ElapsedProps) {
  return to ? duration(new Date(to).getTime() - new Date(from).getTime()) : <Running from={from} />;
}

function Running({ from }: { from: string }) {
  const now = useNow();
  return duration(Math.max(now - new Date(from).getTime(), 0));
}
