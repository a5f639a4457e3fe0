import { useQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { effectiveSettingsQuery, settingsQuery } from "@/api/settings";
import { Page } from "@/components/frame/page";
import { BrowserSettings } from "@/components/settings/browser-settings";
import { EffectiveSettings } from "@/components/settings/effective-settings";
import { ServerSettings } from "@/components/settings/server-settings";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";

export const Route = createFileRoute("/settings")({ component: SettingsPage });

function SettingsPage() {
  const query = useQuery(settingsQuery);
  const effective = useQuery(effectiveSettingsQuery);
  return (
    <Page title="Settings">
      <BrowserSettings />
      {query.error && !query.data && (
        <ErrorState error={query.error} what="The server's settings" onRetry={query.refetch} />
      )}
      {query.isPending && <SkeletonRows rows={4} height={36} />}
      {query.data && <ServerSettings settings={query.data} />}
      {effective.error && !effective.data && (
        <ErrorState error={effective.error} what="The list of settings" onRetry={effective.refetch} />
      )}
      {effective.data && <EffectiveSettings settings={effective.data.items} />}
    </Page>
  );
}
