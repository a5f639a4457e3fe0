import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type BulkAnswer, type BulkTarget, type BulkVerb, bulkPlanQuery, useBulk } from "@/api/bulk";
import { Button } from "@/components/ui/button";
import { Dialog, DialogClose } from "@/components/ui/dialog";
import { ErrorLine } from "@/components/ui/error-line";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { TaskPath } from "@/components/ui/task-path";
import { showToast } from "@/components/ui/toast";
import { duration } from "@/lib/duration";
import { count, counted } from "@/lib/number";

interface Props {
  verb: BulkVerb;
  target: BulkTarget;
  onClose: () => void;
  /** It was done to all of them. */
  onDone: () => void;
}

/** Asks before many jobs are cancelled or run again: how many, and the five longest; then tells what failed. */
export function BulkDialog({ verb, target, onClose, onDone }: Props) {
  const plan = useQuery(bulkPlanQuery(verb, target));
  const bulk = useBulk(verb);
  const total = plan.data?.count ?? 0;
  const jobs = counted(total, "job");
  const words = verb === "cancel" ? `Cancel ${jobs}` : `Run ${jobs} again`;
  const press = () =>
    bulk.mutate(target, {
      onSuccess: ({ done, failures }) => {
        onDone();
        if (failures.length) return;
        showToast({ text: `${counted(done.length, "job")} ${verb === "cancel" ? "cancelled" : "started again"}` });
        onClose();
      },
    });
  const error = plan.error ?? bulk.error;
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={bulk.data ? outcome(verb, bulk.data) : plan.data ? `${words}?` : "How many jobs?"}
      footer={
        bulk.data ? (
          <DialogClose asChild>
            <Button>Close</Button>
          </DialogClose>
        ) : (
          <>
            <DialogClose asChild>
              <Button variant="quiet">{verb === "cancel" ? "Keep running" : "Not now"}</Button>
            </DialogClose>
            <Button
              variant={verb === "cancel" ? "destroy" : "primary"}
              disabled={!plan.data || total === 0 || bulk.isPending}
              onClick={press}
            >
              {plan.data ? words : verb === "cancel" ? "Cancel" : "Run again"}
            </Button>
          </>
        )
      }
    >
      <ErrorLine error={error} />
      {plan.isPending && <SkeletonRows rows={3} />}
      {bulk.data ? <Failures answer={bulk.data} /> : plan.data && <Longest plan={plan.data} verb={verb} />}
    </Dialog>
  );
}

function outcome(verb: BulkVerb, { done, failures }: BulkAnswer): string {
  const did = verb === "cancel" ? "cancelled" : "started again";
  return `${counted(done.length, "job")} ${did}, ${count(failures.length)} not`;
}

function Longest({ plan, verb }: { plan: BulkAnswer; verb: BulkVerb }) {
  if (plan.count === 0)
    return <p className="text-text-2">{verb === "cancel" ? "None of them is live." : "None of them has ended."}</p>;
  return (
    <>
      <p className="pb-2 text-text-2">
        {verb === "cancel"
          ? "Running steps are stopped; what they did so far stays."
          : "Each starts from its first step, with its input, in the current release."}
      </p>
      <h3 className="text-11 text-text-3">{plan.count > plan.longest.length ? "The longest of them" : "The jobs"}</h3>
      {plan.longest.map((job) => (
        <div key={job.job_id} className="grid h-7 grid-cols-[14px_minmax(0,1fr)_auto_64px] items-center gap-2.5">
          <StateGlyph state={stateOf(job.status)} />
          <TaskPath workspace={job.workspace} task={job.task_name} />
          <span className="text-12 text-text-2 tabular-nums">
            {job.duration_ms === null ? "–" : duration(job.duration_ms)}
          </span>
          <span className="text-right font-mono text-[11.5px] text-text-3">{job.job_id.slice(0, 8)}</span>
        </div>
      ))}
    </>
  );
}

function Failures({ answer }: { answer: BulkAnswer }) {
  return (
    <ul>
      {answer.failures.map(({ job_id, error }) => (
        <li key={job_id} className="grid grid-cols-[72px_minmax(0,1fr)] gap-2.5 py-1">
          <Link to="/jobs/$jobId" params={{ jobId: job_id }} className="font-mono text-12 text-accent hover:underline">
            {job_id.slice(0, 8)}
          </Link>
          <span className="text-failed">{error}</span>
        </li>
      ))}
    </ul>
  );
}
