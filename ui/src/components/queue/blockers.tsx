import { useQuery } from "@tanstack/react-query";
import { messageOf } from "@/api/error";
import { blockersQuery } from "@/api/queue";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { counted } from "@/lib/number";
import { localWords } from "@/lib/reason";
import { Holders } from "./holders";

/** What blocks a job and each of its steps, and when it will probably begin. */
export function Blockers({ id }: { id: string }) {
  const query = useQuery(blockersQuery(id));
  if (query.error) return <p className="text-failed">{messageOf(query.error)}</p>;
  if (!query.data) return <p className="text-text-3">Asks the server …</p>;
  const { blockers, forecast } = query.data;
  if (!blockers.length) return <p className="text-text-3">Nothing blocks it any more.</p>;
  return (
    <ul className="flex flex-col gap-1">
      {blockers.map((blocker) => (
        <li key={`${blocker.step}${blocker.kind}${blocker.text}`} className="flex flex-wrap gap-x-2">
          <span className="font-mono text-12 leading-5">{blocker.step ?? "the job"}</span>
          <span className="text-text-2">{localWords(blocker.text)}</span>
          {blocker.since && (
            <span className="text-text-3">
              since <ClockTime at={blocker.since} />
            </span>
          )}
          {blocker.ahead_count ? <span className="text-text-3">{blocker.ahead_count} before it</span> : null}
          <Holders holders={blocker.held_by} />
        </li>
      ))}
      {forecast?.begins?.likely && (
        <li className="text-text-3">
          It likely begins <RelativeTime at={forecast.begins.likely} />, by{" "}
          {counted(forecast.begins.sample_size, "former job")}.
        </li>
      )}
    </ul>
  );
}
