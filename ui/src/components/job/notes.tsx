import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Blocker, isLive, type Job, waitingQuery } from "@/api/job";
import { useResumeJob, useResumeStep } from "@/api/jobActions";
import { Button } from "@/components/ui/button";
import { Note } from "@/components/ui/note";
import { ClockTime } from "@/components/ui/time";
import { counted } from "@/lib/number";
import { declinedWords, localWords, reasonBeside } from "@/lib/reason";

interface Props {
  job: Job;
  onStep: (path: string) => void;
}

/** Why the job failed, was cancelled, stands still or waits, each where it stands. */
export function Notes({ job, onStep }: Props) {
  const { data: waiting } = useQuery(waitingQuery(job));
  const resume = useResumeJob(job.job_id);
  const resumeStep = useResumeStep(job.job_id);
  const waits = (waiting?.blockers ?? []).filter((blocker) => isWorthSaying(blocker, job));
  const [first] = waits;
  return (
    <>
      {job.status === "failed" && (
        <Note state={job.reason_kind === "rejected" ? "cancelled" : "failed"}>
          <FailureWords job={job} onStep={onStep} />
        </Note>
      )}
      {job.cancel_reason && (
        <Note state="cancelled">{isLive(job) ? `Is being cancelled: ${job.cancel_reason}` : job.cancel_reason}</Note>
      )}
      {job.paused_at && isLive(job) && (
        <Note
          state="suspended"
          action={
            <Button size="sm" onClick={() => resume.mutate(undefined)} disabled={resume.isPending}>
              Resume
            </Button>
          }
        >
          Paused{job.paused_by ? ` by ${job.paused_by}` : ""} at <ClockTime at={job.paused_at} />: no further steps
          start.
        </Note>
      )}
      {isLive(job) &&
        job.paused_steps.map((step) => (
          <Note
            key={step.step_name}
            state="suspended"
            action={
              <Button size="sm" disabled={resumeStep.isPending} onClick={() => resumeStep.mutate(step.step_name)}>
                Let it start
              </Button>
            }
          >
            <StepLink path={step.step_name} onStep={onStep} /> is paused
            {step.paused_by ? ` by ${step.paused_by}` : ""}: it is held when its turn comes.
          </Note>
        ))}
      {first && (
        <Note state={first.step === null ? "pending" : "waiting"}>
          {first.step !== null && (
            <>
              <StepLink path={first.step} onStep={onStep} />:{" "}
            </>
          )}
          <BlockerWords blocker={first} />
          {waits.length > 1 && <span className="text-text-3">, and {counted(waits.length - 1, "more wait")}</span>}
        </Note>
      )}
      {job.retry_job_id && (
        <Note state="pending">
          Another attempt follows:{" "}
          <Link to="/jobs/$jobId" params={{ jobId: job.retry_job_id }} className="text-accent hover:underline">
            {job.retry_job_id.slice(0, 8)}
          </Link>
        </Note>
      )}
    </>
  );
}

/** Waits that nobody sees elsewhere on the page: asks have their own banner, retries and dependencies their rows. */
function isWorthSaying(blocker: Blocker, job: Job): boolean {
  if (blocker.kind === "pause") return false;
  if (blocker.step === null) return true;
  if (["approval", "signal", "dependencies", "turn"].includes(blocker.kind)) return false;
  return (
    !job.steps.some((step) => step.status === "running" && step.action_type !== "task" && !step.waits_for) ||
    blocker.kind === "worker"
  );
}

function BlockerWords({ blocker }: { blocker: Blocker }) {
  return (
    <>
      {localWords(blocker.text)}
      {blocker.ahead_count ? <span className="text-text-3">, {blocker.ahead_count} before it</span> : null}
      {blocker.held_by.length > 0 && (
        <span className="text-text-3">
          , held by{" "}
          {blocker.held_by.slice(0, 3).map((owner) => (
            <JobLink key={`${owner.job_id}${owner.step}`} id={owner.job_id} words={owner.task} />
          ))}
        </span>
      )}
      {blocker.kind === "job" && blocker.job_id && (
        <>
          {" "}
          <JobLink id={blocker.job_id} words={blocker.job_id.slice(0, 8)} />
        </>
      )}
    </>
  );
}

function JobLink({ id, words }: { id: string; words: string }) {
  return (
    <Link to="/jobs/$jobId" params={{ jobId: id }} className="mr-1 text-accent hover:underline">
      {words}
    </Link>
  );
}

function FailureWords({ job, onStep }: Props) {
  const step = job.reason_step;
  const reason = job.reason ?? job.error_message ?? "The job failed.";
  const isRejected = job.reason_kind === "rejected";
  return (
    <>
      {step && (
        <>
          <StepLink path={step} onStep={onStep} />
          {isRejected ? " was " : ": "}
        </>
      )}
      {isRejected ? declinedWords(step, reason) : <span className="text-failed">{reasonBeside(step, reason)}</span>}
    </>
  );
}

function StepLink({ path, onStep }: { path: string; onStep: (path: string) => void }) {
  return (
    <button type="button" className="font-medium hover:underline" onClick={() => onStep(path)}>
      {path}
    </button>
  );
}
