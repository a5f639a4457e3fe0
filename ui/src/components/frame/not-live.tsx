import { Button } from "@/components/ui/button";
import { useNow } from "@/lib/clock";
import { roughDuration } from "@/lib/duration";
import { clockTime } from "@/lib/time";
import { retryLive } from "@/live/start";
import { useLiveState } from "@/live/state";

const PATIENCE_MS = 3000;

/** One line that says since when the page is not live, and when it tries again. */
export function NotLive() {
  const live = useLiveState();
  const now = useNow();
  if (!live.lostAt || now - live.lostAt < PATIENCE_MS) return null;
  const next = Math.max(live.retryAt - now, 0);
  return (
    <div
      role="status"
      className="flex h-9 flex-none items-center gap-2 border-line border-b bg-waiting-tint px-4 text-text"
    >
      <span className="min-w-0 truncate">
        <span className="font-medium">Not live since {clockTime(new Date(live.lostAt))}.</span> What is shown is{" "}
        {roughDuration(now - live.lostAt)} old; jobs go on without this page.{" "}
        {next > 500 ? `Next try in ${roughDuration(next)}.` : "Trying now."}
      </span>
      <Button size="sm" className="ml-auto" onClick={retryLive}>
        Try now
      </Button>
    </div>
  );
}
