import type { RerunPlan } from "@/api/jobActions";
import { Revision } from "@/components/ui/revision";
import { StateGlyph, stateOf } from "@/components/ui/state-glyph";
import { count, counted } from "@/lib/number";

const MOST_SHOWN = 100;

/** What a re-run would do: the release, what differs in it, what runs and what is kept. */
export function RerunPlanView({ plan }: { plan: RerunPlan }) {
  const { release } = plan;
  return (
    <div className="flex flex-col gap-4">
      <p>
        {counted(plan.again_count, "step")} {plan.again_count === 1 ? "runs" : "run"} again
        {plan.kept_count > 0 && `, ${count(plan.kept_count)} ${plan.kept_count === 1 ? "is" : "are"} kept`}, from
        release {release.number} <Revision revision={release.revision} />
        {release.is_pinned ? ", that of the job" : ""}.
      </p>
      {plan.warnings.length > 0 && (
        <ul className="flex flex-col gap-1 rounded-2 bg-waiting-tint px-3 py-2">
          {plan.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      {plan.differences.length > 0 && (
        <Part title="Differs in this release">
          {plan.differences.map((difference) => (
            <li key={`${difference.step} ${difference.kind}`} className="flex gap-2">
              <span className="w-4 text-center font-mono text-text-3">{SIGN[difference.kind] ?? "~"}</span>
              <span className="font-medium">{difference.step ?? "the task"}</span>
              <span className="truncate text-text-3">{difference.parts.join(", ")}</span>
            </li>
          ))}
        </Part>
      )}
      <Part title="Runs again">
        {plan.again.slice(0, MOST_SHOWN).map((step) => (
          <li key={step.step} className="flex items-center gap-2">
            <StateGlyph state="pending" label="" />
            <span className="font-medium">{step.step}</span>
            <span className="truncate text-12 text-text-3">{step.reason}</span>
          </li>
        ))}
        <Rest shown={plan.again.length} all={plan.again_count} />
      </Part>
      {plan.kept.length > 0 && (
        <Part title="Kept">
          {plan.kept.slice(0, MOST_SHOWN).map((step) => (
            <li key={step.step} className="flex items-center gap-2">
              <StateGlyph state={stateOf(step.status)} />
              <span>{step.step}</span>
            </li>
          ))}
          <Rest shown={plan.kept.length} all={plan.kept_count} />
        </Part>
      )}
    </div>
  );
}

const SIGN: Record<string, string> = { added: "+", removed: "−", changed: "~" };

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section>
      <h3 className="mb-1 font-medium text-12 text-text-2">{title}</h3>
      <ul className="leading-6">{children}</ul>
    </section>
  );
}

function Rest({ shown, all }: { shown: number; all: number }) {
  const more = all - Math.min(shown, MOST_SHOWN);
  return more > 0 ? <li className="text-text-3">and {count(more)} more</li> : null;
}
