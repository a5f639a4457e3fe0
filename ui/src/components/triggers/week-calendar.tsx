import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { type UpcomingFire, upcomingQuery } from "@/api/triggers";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";
import { exactTime, hourMinute } from "@/lib/time";
import { type Day, dayAfter, daysOf, hoursOf } from "./week";

const dayName = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const MOST_IN_CELL = 6;

interface Props {
  workspace: string | undefined;
  /** Words of frequent schedules, by workspace and trigger. */
  wordsOf: (workspace: string, trigger: string) => string;
}

/** The coming week: a column for each day, a row for each hour in which something fires. */
export function WeekCalendar({ workspace, wordsOf }: Props) {
  const now = new Date(useNow(60_000));
  const today = dayAfter(now, 0);
  const from = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000);
  const query = useQuery(upcomingQuery(from.toISOString(), dayAfter(now, 7).toISOString(), workspace));
  if (query.error && !query.data)
    return <ErrorState error={query.error} what="The coming week" onRetry={query.refetch} />;
  if (!query.data) return <SkeletonRows rows={16} height={28} />;
  const often = new Set(query.data.frequent.map((one) => `${one.workspace}/${one.trigger}`));
  const single = query.data.items.filter((fire) => !often.has(`${fire.workspace}/${fire.trigger}`));
  const days = daysOf(single, today);
  const hours = hoursOf(days);
  if (!single.length && !often.size)
    return <EmptyState title="Nothing fires by the clock in the coming week." commands={["stroem triggers"]} />;
  return (
    <>
      {query.data.frequent.length > 0 && (
        <div className="flex flex-wrap items-baseline gap-x-5 gap-y-1 border-line border-b px-4 py-2 text-12">
          <span className="text-11 text-text-3">Often</span>
          {query.data.frequent.map((one) => (
            <FireLink key={`${one.workspace}/${one.trigger}`} fire={one} className="inline-flex max-w-full gap-1.5">
              <span className="truncate">
                <span className="text-text-3">{one.workspace} / </span>
                <span className="font-medium">{one.trigger}</span>
              </span>
              <span className="flex-none text-text-3">{wordsOf(one.workspace, one.trigger)}</span>
            </FireLink>
          ))}
        </div>
      )}
      {query.data.is_cut && (
        <p className="px-4 py-2 text-12 text-waiting">Only the first 2,000 fires are shown: choose a workspace.</p>
      )}
      <Grid days={days} hours={hours} now={now} />
      <Agenda days={days} />
    </>
  );
}

function Grid({ days, hours, now }: { days: Day[]; hours: number[]; now: Date }) {
  return (
    <div className="grid grid-cols-[56px_repeat(7,minmax(0,1fr))] max-sm:hidden">
      <span className="sticky top-0 z-[1] border-line border-b bg-surface" />
      {days.map((day, index) => (
        <h2
          key={day.start.getTime()}
          className={cn(
            "sticky top-0 z-[1] flex h-7 items-center border-line border-b border-l bg-surface px-2 text-11",
            index === 0 ? "font-semibold text-accent" : "font-medium text-text-3",
          )}
        >
          {index === 0 ? "Today" : dayName.format(day.start)}
        </h2>
      ))}
      {hours.map((hour) => (
        <Fragment key={hour}>
          <span className="border-line border-b py-1 pr-2 text-right text-11 text-text-3 tabular-nums">
            {String(hour).padStart(2, "0")}:00
          </span>
          {days.map((day, index) => {
            const fires = day.hours.get(hour) ?? [];
            const isPast = index === 0 && hour < now.getHours();
            return (
              <div
                key={day.start.getTime()}
                className={cn("min-h-7 min-w-0 border-line border-b border-l px-1 py-[3px]", isPast && "bg-sunken")}
              >
                {fires.slice(0, MOST_IN_CELL).map((fire) => (
                  <FireLine key={`${fire.at}${fire.workspace}${fire.trigger}`} fire={fire} />
                ))}
                {fires.length > MOST_IN_CELL && (
                  <span className="block px-1 text-11 text-text-3">and {fires.length - MOST_IN_CELL} more</span>
                )}
              </div>
            );
          })}
        </Fragment>
      ))}
    </div>
  );
}

/** The same as a list by day, for narrow screens. */
function Agenda({ days }: { days: Day[] }) {
  return (
    <div className="sm:hidden">
      {days.map((day, index) => (
        <section key={day.start.getTime()} className="border-line border-b px-3 py-2">
          <h2 className="px-1 pb-1 font-medium text-11 text-text-3">
            {index === 0 ? "Today" : dayName.format(day.start)}
          </h2>
          {[...day.hours.values()].flat().map((fire) => (
            <FireLine key={`${fire.at}${fire.workspace}${fire.trigger}`} fire={fire} />
          ))}
          {day.hours.size === 0 && <span className="px-1 text-12 text-text-3">nothing</span>}
        </section>
      ))}
    </div>
  );
}

function FireLine({ fire }: { fire: UpcomingFire }) {
  return (
    <FireLink
      fire={fire}
      className="flex h-[22px] items-center gap-1.5 rounded-1 px-1 text-12 hover:bg-hover pointer-coarse:h-9"
    >
      <time dateTime={fire.at} className="flex-none text-11 text-text-3 tabular-nums">
        {hourMinute(new Date(fire.at))}
      </time>
      <span className="truncate" title={`${fire.workspace} / ${fire.trigger} → ${fire.task}, ${exactTime(fire.at)}`}>
        {fire.task}
        <span className="text-text-3"> {fire.workspace}</span>
      </span>
    </FireLink>
  );
}

interface LinkProps {
  fire: { workspace: string; trigger: string };
  className: string;
  children: React.ReactNode;
}

function FireLink({ fire, className, children }: LinkProps) {
  return (
    <Link
      to="/triggers/$workspace/$trigger"
      params={{ workspace: fire.workspace, trigger: fire.trigger }}
      className={cn("hover:underline", className)}
    >
      {children}
    </Link>
  );
}
