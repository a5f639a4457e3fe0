import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { type TriggerDetail, type TriggerName, triggerQuery } from "@/api/trigger";
import { Page } from "@/components/frame/page";
import { Backfills } from "@/components/trigger/backfills";
import { Consumer } from "@/components/trigger/consumer";
import { DeadLetters } from "@/components/trigger/dead-letters";
import { Deliveries } from "@/components/trigger/deliveries";
import { Fires } from "@/components/trigger/fires";
import { HookTest } from "@/components/trigger/hook-test";
import { TriggerFacts } from "@/components/trigger/trigger-facts";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StatePill } from "@/components/ui/state-word";
import { Tabs } from "@/components/ui/tabs";
import { TriggerActs } from "@/components/ui/trigger-acts";
import { formatJson } from "@/lib/json";
import { only } from "@/lib/search";

const TABS = ["fires", "requests", "test", "backfill", "dead-letters", "definition"] as const;
type TabName = (typeof TABS)[number];

export const Route = createFileRoute("/triggers/$workspace/$trigger")({
  component: TriggerPage,
  validateSearch: only((raw): { tab?: TabName; request?: number } => {
    const tab = TABS.find((one) => one === raw["tab"]);
    if (tab === "requests" && Number(raw["request"]) > 0) return { tab, request: Number(raw["request"]) };
    return tab && tab !== "fires" ? { tab } : {};
  }),
});

function TriggerPage() {
  const name: TriggerName = Route.useParams();
  const query = useQuery(triggerQuery(name));
  const crumbs = [
    { label: "Triggers", to: "/triggers" },
    { label: name.workspace, to: `/workspaces/${name.workspace}` },
  ];
  const detail = query.data;
  if (!detail)
    return (
      <Page crumbs={crumbs} title={name.trigger}>
        {query.error ? (
          <ErrorState
            error={query.error}
            what="This trigger"
            onRetry={query.refetch}
            instead={{ label: "All triggers", to: "/triggers" }}
          />
        ) : (
          <SkeletonRows rows={12} height={28} />
        )}
      </Page>
    );
  const { state, problem } = detail.trigger;
  return (
    <Page
      crumbs={crumbs}
      title={name.trigger}
      remark={
        state === "live" ? (
          problem && <StatePill state="failed" word="Has a problem" />
        ) : (
          <StatePill
            state={state === "paused" ? "suspended" : "cancelled"}
            word={state === "paused" ? "Paused" : "Disabled in git"}
          />
        )
      }
      actions={<TriggerActs name={name} state={state} />}
    >
      <TriggerFacts detail={detail} />
      {problem && (
        <p className="flex-none border-line border-b bg-failed-tint px-4 py-2 text-failed [overflow-wrap:anywhere]">
          {problem}
        </p>
      )}
      {detail.consumer && <Consumer name={name} consumer={detail.consumer} />}
      <Panes name={name} detail={detail} />
    </Page>
  );
}

function Panes({ name, detail }: { name: TriggerName; detail: TriggerDetail }) {
  const { tab = "fires", request } = Route.useSearch();
  const navigate = useNavigate({ from: "/triggers/$workspace/$trigger" });
  const tabs = tabsOf(detail);
  const shown = tabs.some((one) => one.value === tab) ? tab : "fires";
  return (
    <>
      <Tabs
        label="Parts of the trigger"
        value={shown}
        onChange={(value) => navigate({ search: value === "fires" ? {} : { tab: value }, replace: true })}
        tabs={tabs}
      />
      <div role="tabpanel" className="flex min-h-0 flex-1 flex-col overflow-auto" aria-label={shown}>
        {shown === "fires" && <Fires detail={detail} />}
        {shown === "requests" && (
          <Deliveries
            name={name}
            opened={request}
            onOpen={(number) => navigate({ search: { tab: "requests", request: number }, replace: true })}
          />
        )}
        {shown === "test" && <HookTest name={name} />}
        {shown === "backfill" && <Backfills name={name} detail={detail} />}
        {shown === "dead-letters" && <DeadLetters name={name} />}
        {shown === "definition" && <Definition detail={detail} />}
      </div>
    </>
  );
}

function tabsOf({ trigger, consumer }: TriggerDetail) {
  const tabs: { value: TabName; label: string; count?: number }[] = [{ value: "fires", label: "Fires" }];
  if (trigger.type === "webhook") tabs.push({ value: "requests", label: "Requests" }, { value: "test", label: "Test" });
  if (trigger.type === "scheduler") tabs.push({ value: "backfill", label: "Backfill" });
  if (consumer) tabs.push({ value: "dead-letters", label: "Dead letters", count: consumer.dead_letters });
  tabs.push({ value: "definition", label: "Definition" });
  return tabs;
}

/** What its file says, without secrets. */
function Definition({ detail }: { detail: TriggerDetail }) {
  const { type, options, input, concurrency, condition, debounce } = detail.trigger;
  const said = {
    type,
    ...options,
    input,
    concurrency,
    ...(condition && { if: condition }),
    ...(debounce && { debounce }),
  };
  return <pre className="overflow-auto px-4 py-3 text-12">{formatJson(said)}</pre>;
}
