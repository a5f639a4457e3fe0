import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { type WorkerDetail, workerQuery } from "@/api/workers";
import { Page } from "@/components/frame/page";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { Fact, Facts } from "@/components/ui/facts";
import { Section } from "@/components/ui/section";
import { SkeletonRows } from "@/components/ui/skeleton";
import { SlotCells } from "@/components/ui/slot-cells";
import { StatePill } from "@/components/ui/state-word";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { WorkerActs } from "@/components/workers/worker-acts";
import { WorkerResources } from "@/components/workers/worker-resources";
import { takenShare, workerState } from "@/components/workers/worker-state";
import { WorkerSteps } from "@/components/workers/worker-steps";
import { count } from "@/lib/number";

export const Route = createFileRoute("/workers/$worker")({ component: WorkerPage });

function WorkerPage() {
  const { worker: id } = Route.useParams();
  const navigate = useNavigate();
  const query = useQuery(workerQuery(id));
  const worker = query.data;
  const crumbs = [{ label: "Workers", to: "/workers" }];
  if (!worker)
    return (
      <Page crumbs={crumbs} title={id.slice(0, 8)}>
        {query.error ? (
          <ErrorState error={query.error} what="This worker" onRetry={query.refetch} />
        ) : (
          <SkeletonRows rows={12} height={28} />
        )}
      </Page>
    );
  const { state, word } = workerState(worker);
  return (
    <Page
      crumbs={crumbs}
      title={worker.name}
      remark={<StatePill state={state} word={word} share={takenShare(worker)} />}
      actions={<WorkerActs worker={worker} onRemoved={() => navigate({ to: "/workers" })} />}
    >
      <WorkerFacts worker={worker} />
      {Object.entries(worker.status === "inactive" ? {} : worker.missing).map(([ability, reason]) => (
        <p key={ability} className="break-words border-line border-b px-4 py-2 text-13 text-waiting">
          It does not offer {ability} now: {reason}
        </p>
      ))}
      <Section title="Last steps" remark={`${count(worker.steps.items.length)} of ${count(worker.steps.total)}`}>
        {worker.steps.items.length ? (
          <WorkerSteps steps={worker.steps.items} />
        ) : (
          <EmptyState title="It has run no steps yet." />
        )}
      </Section>
    </Page>
  );
}

function WorkerFacts({ worker }: { worker: WorkerDetail }) {
  return (
    <Facts>
      <Fact label="Slots taken">
        <SlotCells used={worker.used_slots} slots={worker.slots} className="w-[112px]" />
        {worker.used_slots} of {worker.slots ?? "unknown"}
      </Fact>
      {worker.resources.length > 0 && (
        <Fact label="Resources taken">
          <WorkerResources resources={worker.resources} />
        </Fact>
      )}
      {worker.state !== "active" && (
        <Fact label={worker.state === "draining" ? "Drained by" : "Cordoned by"}>
          <span className="truncate text-suspended">
            {worker.state_by ?? "unknown"}
            {worker.state_reason && `: ${worker.state_reason}`}
          </span>
          {worker.state_at && <RelativeTime at={worker.state_at} className="font-normal text-text-3" />}
        </Fact>
      )}
      <Fact label="Tags">
        {worker.tags.join(", ") || "none"}
        {worker.exclusive && <span className="font-normal text-text-3">takes only steps that name one</span>}
      </Fact>
      {worker.worker_group && <Fact label="Group">{worker.worker_group}</Fact>}
      <Fact label="Abilities">{[...worker.capabilities, ...worker.languages].join(", ") || "none now"}</Fact>
      <Fact label="Version">{worker.version ?? "unknown"}</Fact>
      <Fact label="Heard">{worker.last_heartbeat ? <RelativeTime at={worker.last_heartbeat} /> : "never"}</Fact>
      <Fact label="Since">
        <ClockTime at={worker.registered_at} />
      </Fact>
      <Fact label="Id">
        <span className="font-mono text-12">{worker.worker_id}</span>
      </Fact>
    </Facts>
  );
}
