import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "@/api/rights";
import { workerSumsQuery } from "@/api/workers";
import { Page } from "@/components/frame/page";
import { IdentitiesPane } from "@/components/machines/identities-pane";
import { JoinTokensPane } from "@/components/machines/join-tokens-pane";
import { NewJoinTokenDialog } from "@/components/machines/new-join-token-dialog";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { Tabs } from "@/components/ui/tabs";
import { WorkersPane } from "@/components/workers/workers-pane";
import { count, counted } from "@/lib/number";
import { only } from "@/lib/search";

type Tab = "workers" | "identities" | "join-tokens";

const TABS = [
  { value: "workers", label: "Workers" },
  { value: "identities", label: "Identities" },
  { value: "join-tokens", label: "Join tokens" },
] as const;

export const Route = createFileRoute("/workers/")({
  component: WorkersPage,
  validateSearch: only((raw): { tab?: Tab } => {
    const tab = TABS.find(({ value }) => value === raw["tab"])?.value;
    return tab && tab !== "workers" ? { tab } : {};
  }),
});

function WorkersPage() {
  const navigate = useNavigate({ from: "/workers/" });
  const { tab = "workers" } = Route.useSearch();
  const mayAdmit = useMay("worker.admit");
  const [isAdding, setAdding] = useState(false);
  return (
    <Page
      title="Workers"
      remark={useSumsWords()}
      className="overflow-hidden"
      actions={
        tab === "join-tokens" &&
        mayAdmit && (
          <Button variant="primary" onClick={() => setAdding(true)}>
            New join token
          </Button>
        )
      }
    >
      {(mayAdmit || tab !== "workers") && (
        <Tabs
          label="Workers and how they join"
          value={tab}
          tabs={TABS}
          onChange={(value) => navigate({ search: value === "workers" ? {} : { tab: value }, replace: true })}
        />
      )}
      {tab === "workers" && <WorkersPane />}
      {tab !== "workers" && (
        <div className="min-h-0 flex-1 overflow-auto">
          {mayAdmit === false && (
            <EmptyState title="You may not see how workers join.">
              The right worker.admit is needed. Administrators have it.
            </EmptyState>
          )}
          {mayAdmit && (tab === "identities" ? <IdentitiesPane /> : <JoinTokensPane />)}
        </div>
      )}
      {isAdding && <NewJoinTokenDialog onClose={() => setAdding(false)} />}
    </Page>
  );
}

/** How many workers and slots there are, in a line. */
function useSumsWords(): string {
  const sums = useQuery(workerSumsQuery).data;
  if (!sums) return "";
  const words = [
    `${count(sums.used)} of ${counted(sums.slots, "slot")} taken`,
    `${count(sums.active)} active`,
    sums.cordoned && `${count(sums.cordoned)} cordoned`,
    sums.draining && `${count(sums.draining)} draining`,
    sums.without_slots && `${count(sums.without_slots)} tell no slots`,
  ];
  return words.filter(Boolean).join(" · ");
}
