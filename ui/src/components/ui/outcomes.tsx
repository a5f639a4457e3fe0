import { stateOf, wordOf } from "./state-glyph";
import { FILL } from "./state-word";

interface Props {
  /** Jobs, newest first. */
  recent: readonly { job_id: string; status: string; duration_ms: number | null }[];
}

const SLOTS = 20;
const HEIGHT = 14;

/** The last jobs of a task as small bars, oldest first: height is the time it took, failures have the whole height. */
export function Outcomes({ recent }: Props) {
  const longest = Math.max(...recent.map((job) => job.duration_ms ?? 0), 1);
  const jobs = recent.slice(0, SLOTS).reverse();
  const failed = jobs.filter((job) => job.status === "failed").length;
  const words = jobs.length ? `${failed} of the last ${jobs.length} failed` : "No jobs yet";
  return (
    <span role="img" aria-label={words} title={words} className="flex h-[14px] w-[98px] items-end gap-px">
      {Array.from({ length: SLOTS - jobs.length }, (_, index) => (
        <span key={index} className="h-px w-1 flex-none bg-line" />
      ))}
      {jobs.map((job) => {
        const state = stateOf(job.status);
        const share = Math.sqrt((job.duration_ms ?? 0) / longest);
        const height = state === "failed" ? HEIGHT : Math.max(Math.round(share * 11), 3);
        return (
          <span
            key={job.job_id}
            data-state={wordOf(state)}
            className={`w-1 flex-none ${FILL[state]}`}
            style={{ height }}
          />
        );
      })}
    </span>
  );
}
