import { createFileRoute } from "@tanstack/react-router";
import { useMethodNames } from "@/api/config";
import { useMe } from "@/api/me";
import { MyKeys } from "@/components/accounts/my-keys";
import { MySessions } from "@/components/accounts/my-sessions";
import { PasswordSection } from "@/components/accounts/password-section";
import { Page } from "@/components/frame/page";
import { OFF_WORDS } from "@/components/frame/user-menu";
import { EmptyState } from "@/components/ui/empty-state";
import { Fact, Facts } from "@/components/ui/facts";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ClockTime } from "@/components/ui/time";
import { useSession } from "@/session/session";

export const Route = createFileRoute("/account")({ component: AccountPage });

function AccountPage() {
  const { status } = useSession();
  const me = useMe();
  const names = useMethodNames(me?.auth_methods ?? []);
  return (
    <Page title="Account" remark={me?.email}>
      {status === "off" && (
        <EmptyState title="Nobody has an account here.">
          {OFF_WORDS} The setting <code>auth</code> of the server switches it on.
        </EmptyState>
      )}
      {status !== "off" && !me && <SkeletonRows rows={8} height={36} />}
      {me && (
        <>
          <Facts>
            {me.name && <Fact label="Name">{me.name}</Fact>}
            <Fact label="E-mail">{me.email}</Fact>
            <Fact label="Groups">{me.groups.join(", ") || <span className="text-text-3">none</span>}</Fact>
            <Fact label="May">{me.is_admin ? "everything, as an administrator" : "what rules say"}</Fact>
            <Fact label="Signs in with">{names.join(", ") || <span className="text-text-3">nothing yet</span>}</Fact>
            <Fact label="Since">
              <ClockTime at={me.created_at} />
            </Fact>
          </Facts>
          <MySessions />
          <MyKeys />
          <PasswordSection me={me} />
        </>
      )}
    </Page>
  );
}
