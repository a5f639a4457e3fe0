import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMe } from "@/api/me";
import { useMay } from "@/api/rights";
import { NewServiceAccountDialog } from "@/components/accounts/new-service-account-dialog";
import { NewUserDialog } from "@/components/accounts/new-user-dialog";
import { ServiceAccountsPane } from "@/components/accounts/service-accounts-pane";
import { UsersPane } from "@/components/accounts/users-pane";
import { Page } from "@/components/frame/page";
import { OFF_WORDS } from "@/components/frame/user-menu";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Tabs } from "@/components/ui/tabs";
import { only } from "@/lib/search";
import { useSession } from "@/session/session";

type Tab = "users" | "programs";

const TABS = [
  { value: "users", label: "Users" },
  { value: "programs", label: "Service accounts" },
] as const;

export const Route = createFileRoute("/users")({
  component: UsersPage,
  validateSearch: only((raw): { tab?: Tab } => (raw["tab"] === "programs" ? { tab: "programs" } : {})),
});

function UsersPage() {
  const navigate = useNavigate({ from: "/users" });
  const { tab = "users" } = Route.useSearch();
  const { status } = useSession();
  const me = useMe();
  const mayManage = useMay("user.manage");
  const [isAdding, setAdding] = useState(false);
  const close = () => setAdding(false);
  const isProgram = tab === "programs";
  return (
    <Page
      title="Users"
      remark="who may sign in"
      actions={
        mayManage &&
        status !== "off" && (
          <Button variant="primary" onClick={() => setAdding(true)}>
            {isProgram ? "New service account" : "New user"}
          </Button>
        )
      }
    >
      {status === "off" && <EmptyState title="There are no users here.">{OFF_WORDS}</EmptyState>}
      {status !== "off" && (!me || mayManage === undefined) && <SkeletonRows rows={8} height={44} />}
      {me && mayManage === false && (
        <EmptyState title="You may not see the users.">
          The right user.manage is needed, and {me.email} has it not. Administrators have it.
        </EmptyState>
      )}
      {me && mayManage && status !== "off" && (
        <>
          <Tabs
            label="Accounts"
            value={tab}
            tabs={TABS}
            onChange={(value) => navigate({ search: value === "users" ? {} : { tab: value }, replace: true })}
          />
          {isProgram ? <ServiceAccountsPane /> : <UsersPane myId={me.user_id} />}
          {isAdding && (isProgram ? <NewServiceAccountDialog onClose={close} /> : <NewUserDialog onClose={close} />)}
        </>
      )}
    </Page>
  );
}
