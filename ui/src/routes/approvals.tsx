import { useQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { approvalsQuery } from "@/api/approvals";
import { workspacesQuery } from "@/api/workspaces";
import { RevisionRequest } from "@/components/approvals/revision-request";
import { readApprovalsSearch } from "@/components/approvals/search";
import { StepRequest } from "@/components/approvals/step-request";
import { Page, PageFoot, ShownOf } from "@/components/frame/page";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useShortcuts } from "@/lib/keys";
import { counted } from "@/lib/number";
import { only } from "@/lib/search";
import { waitsForApproval } from "@/lib/standing";

export const Route = createFileRoute("/approvals")({
  component: ApprovalsPage,
  validateSearch: only(readApprovalsSearch),
});

const KEYS = [
  ["J K", "next and before"],
  ["A", "answer"],
  ["Esc", "close"],
] as const;

function ApprovalsPage() {
  const { at } = Route.useSearch();
  const navigate = Route.useNavigate();
  const approvals = useQuery(approvalsQuery);
  const workspaces = useQuery(workspacesQuery);
  const revisions = (workspaces.data ?? []).filter(waitsForApproval);
  const steps = approvals.data?.items ?? [];
  const names = [...steps.map((one) => `${one.job_id}/${one.step_name}`), ...revisions.map(({ name }) => name)];
  const total = (approvals.data?.total ?? 0) + revisions.length;
  const open = (name: string | undefined) => {
    navigate({ search: name ? { at: name } : {}, replace: true });
    if (name) document.querySelector(`[data-request="${CSS.escape(name)}"]`)?.scrollIntoView({ block: "nearest" });
  };
  const move = (step: number) => {
    const index = at ? names.indexOf(at) : step > 0 ? -1 : names.length;
    open(names[Math.min(Math.max(index + step, 0), names.length - 1)]);
  };
  const goOn = (answered: string) => {
    const index = names.indexOf(answered);
    const next = names[index + 1] ?? names[index - 1];
    open(next);
    document.querySelector<HTMLElement>(`[data-request="${CSS.escape(next ?? "")}"] [aria-expanded]`)?.focus();
  };
  const focusForm = () => {
    const inside = "input, textarea, button:not([aria-expanded])";
    document.querySelector<HTMLElement>(`[data-request="${CSS.escape(at ?? "")}"] :is(${inside})`)?.focus();
  };
  const group = "Approvals";
  useShortcuts([
    { keys: "j", label: "Next request", group, run: () => move(1) },
    { keys: "k", label: "Request before", group, run: () => move(-1) },
    { keys: "a", label: "To the answer of the open one", group, run: focusForm },
    { keys: "Escape", label: "Close the request", group, run: () => open(undefined) },
  ]);
  const error = approvals.error ?? workspaces.error;
  const isLoaded = approvals.data && workspaces.data;
  return (
    <Page
      title="Approvals"
      tab={total > 0 ? `${total} to answer` : "Approvals"}
      remark={
        isLoaded && total > 0 ? `${counted(total, "request")} ${total === 1 ? "waits" : "wait"} for a person` : ""
      }
      className="overflow-hidden"
    >
      <div className="min-h-0 flex-1 overflow-auto">
        {error && !isLoaded ? (
          <ErrorState
            error={error}
            what="The inbox"
            onRetry={() => Promise.all([approvals.refetch(), workspaces.refetch()])}
          />
        ) : !isLoaded ? (
          <SkeletonRows rows={6} height={44} />
        ) : names.length === 0 ? (
          <EmptyState title="Nothing waits for an answer.">
            Steps that ask a person, and revisions that a guard of their workspace holds back, appear here.
          </EmptyState>
        ) : (
          <ul>
            {steps.map((approval) => {
              const name = `${approval.job_id}/${approval.step_name}`;
              const isOpen = name === at;
              const toggle = () => open(isOpen ? undefined : name);
              const done = () => goOn(name);
              return <StepRequest key={name} approval={approval} isOpen={isOpen} onToggle={toggle} onDone={done} />;
            })}
            {revisions.map((workspace) => (
              <RevisionRequest
                key={workspace.name}
                workspace={workspace}
                isOpen={workspace.name === at}
                onToggle={() => open(workspace.name === at ? undefined : workspace.name)}
              />
            ))}
          </ul>
        )}
      </div>
      <PageFoot keys={KEYS}>
        <ShownOf shown={names.length} total={isLoaded && total} />
      </PageFoot>
    </Page>
  );
}
