import { useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { configQuery } from "@/api/config";
import { frameCountsQuery } from "@/api/counts";
import { workerSumsQuery } from "@/api/workers";
import { workspacesQuery } from "@/api/workspaces";
import { Kbd } from "@/components/ui/kbd";
import { Meter } from "@/components/ui/meter";
import { cn } from "@/lib/cn";
import { count } from "@/lib/number";
import { isOutOfStep, standingOf, waitsForApproval } from "@/lib/standing";
import { useLiveState } from "@/live/state";
import { type Entry, isEntryOn } from "./entries";
import { Mark } from "./mark";
import { usePages } from "./use-pages";
import { UserMenu } from "./user-menu";

interface Props {
  isRail: boolean;
  onFind: () => void;
}

/** The navigation at the left: pages with what they hold, slots, and whether the page is live. */
export function Side({ isRail, onFind }: Props) {
  const config = useQuery(configQuery);
  const pages = usePages();
  const counts = useQuery(frameCountsQuery).data;
  const slots = useQuery(workerSumsQuery).data;
  const workspaces = useQuery(workspacesQuery).data ?? [];
  const stray = workspaces.map(standingOf).filter(isOutOfStep);
  const asks = (counts?.approvals ?? 0) + workspaces.filter(waitsForApproval).length;
  const badges: Record<string, { value: number; tone?: string }> = {
    "/jobs": { value: counts?.running ?? 0 },
    "/workspaces": {
      value: stray.length,
      tone: stray.some(({ word }) => word === "Stalled") ? "font-semibold text-failed" : undefined,
    },
    "/approvals": { value: asks, tone: "font-semibold text-waiting" },
    "/queue": { value: counts?.waiting ?? 0 },
  };
  return (
    <nav
      aria-label="Main"
      data-rail={isRail || undefined}
      className={cn(
        "group/side flex flex-none flex-col overflow-y-auto overflow-x-hidden border-line border-r px-2 pb-2 max-sm:hidden",
        isRail ? "w-(--w-rail)" : "w-(--w-side) max-lg:w-(--w-rail)",
      )}
    >
      <Link to="/" className="flex h-11 flex-none items-center gap-[7px] px-2 text-14">
        <Mark className="flex-none text-accent" />
        <span className={cn("font-semibold", hidden(isRail))}>Strøm</span>
      </Link>
      <button
        type="button"
        onClick={onFind}
        title="Find or do"
        className="mb-3 flex h-7 flex-none items-center gap-2 rounded-2 border border-line bg-surface pr-1.5 pl-2 text-text-3"
      >
        <Search size={14} className="flex-none" />
        <span className={cn("flex-1 text-left", hidden(isRail))}>Find or do</span>
        <span className={hidden(isRail)}>
          <Kbd>Ctrl K</Kbd>
        </span>
      </button>
      {pages.map((group) => (
        <div key={group[0]?.to} className="border-line [&+&]:mx-2 [&+&]:mt-2 [&+&]:border-t [&+&]:pt-2 [&+&>*]:-mx-2">
          {group.map((entry) => (
            <SideLink key={entry.to} entry={entry} badge={badges[entry.to]} isRail={isRail} />
          ))}
        </div>
      ))}
      <div className="mt-auto grid px-2 pt-4 text-11 text-text-3">
        {slots && slots.slots > 0 && (
          <div className={cn("grid grid-cols-[1fr_auto] gap-y-[5px] pb-3", hidden(isRail))}>
            <span>Slots</span>
            <span className="font-medium text-text-2 tabular-nums">
              {slots.used} of {slots.slots}
            </span>
            <Meter share={slots.used / slots.slots} label="Slots taken" className="col-span-2" />
          </div>
        )}
        <LiveLine version={config.data?.version} isRail={isRail} />
        <UserMenu hides={hidden(isRail)} />
      </div>
    </nav>
  );
}

/** Classes for what the narrow navigation leaves out. */
function hidden(isRail: boolean): string {
  return isRail ? "hidden" : "max-lg:hidden";
}

function SideLink({
  entry,
  badge,
  isRail,
}: {
  entry: Entry;
  badge?: { value: number; tone?: string };
  isRail: boolean;
}) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isOn = isEntryOn(entry, path);
  return (
    <Link
      to={entry.to}
      title={entry.label}
      aria-current={isOn ? "page" : undefined}
      className={cn(
        "flex h-7 items-center gap-[9px] rounded-2 px-2 text-text-2 transition-colors duration-(--fast) hover:bg-hover",
        isOn && "bg-hover font-medium text-text",
      )}
    >
      <entry.icon size={15} strokeWidth={1.75} className={cn("flex-none", isOn ? "text-accent" : "text-text-3")} />
      <span className={hidden(isRail)}>{entry.label}</span>
      {badge && badge.value > 0 && (
        <span className={cn("ml-auto text-11 text-text-3 tabular-nums", badge.tone, hidden(isRail))}>
          {count(badge.value)}
        </span>
      )}
    </Link>
  );
}

const LIVE_WORDS = {
  socket: ["Live", "This page follows the server."],
  events: ["Live", "This page follows the server by server-sent events: something refuses WebSockets."],
  polling: ["Every 15 s", "Something refuses WebSockets and server-sent events: this page asks every 15 seconds."],
  off: ["Not live", "The connection to the server is lost."],
  starting: ["Connecting", "The page connects to the server."],
} as const;

function LiveLine({ version, isRail }: { version?: string; isRail: boolean }) {
  const { way } = useLiveState();
  const [label, words] = LIVE_WORDS[way];
  const dot = way === "socket" || way === "events" ? "bg-completed-fill" : "bg-waiting-fill";
  return (
    <div className="flex h-6 items-center gap-1.5" title={words}>
      <span className={cn("size-1.5 flex-none rounded-full", dot)} />
      <span className={hidden(isRail)}>{label}</span>
      <span className={cn("ml-auto font-mono", hidden(isRail))}>{version}</span>
    </div>
  );
}
