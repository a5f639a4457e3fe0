import { useQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { pluginsQuery } from "@/api/plugins";
import { Page } from "@/components/frame/page";
import { PluginRow } from "@/components/plugins/plugin-row";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { counted } from "@/lib/number";
import { only, readTexts } from "@/lib/search";

export const Route = createFileRoute("/plugins")({
  component: PluginsPage,
  validateSearch: only((raw): { open?: string } => readTexts(raw, ["open"])),
});

const COLUMNS = [
  { label: "State", className: "w-10", isQuiet: true },
  { label: "Plugin", className: "w-[200px] max-sm:w-[120px]" },
  { label: "Adds", className: "" },
  { label: "Distribution", className: "w-[240px] max-sm:hidden" },
  { label: "Version", className: "w-[100px] max-sm:w-[80px]" },
];

function PluginsPage() {
  const { open } = Route.useSearch();
  const navigate = useNavigate({ from: "/plugins" });
  const query = useQuery(pluginsQuery);
  const all = [...(query.data ?? [])].sort((a, b) => Number(!a.error) - Number(!b.error) || (a.name < b.name ? -1 : 1));
  const broken = all.filter((plugin) => plugin.error).length;
  const toggle = (name: string) => navigate({ search: open === name ? {} : { open: name }, replace: true });
  const [current] = useRowKeys({
    group: "Plugins",
    noun: "plugin",
    count: all.length,
    onOpen: (index) => {
      const plugin = all[index];
      if (plugin) toggle(plugin.name);
    },
  });
  return (
    <Page
      title="Plugins"
      remark={
        query.data && (
          <span className={broken ? "text-failed" : undefined}>
            {broken ? `${counted(broken, "plugin")} of ${all.length} failed` : `${all.length} loaded`}
          </span>
        )
      }
    >
      {query.error && !query.data ? (
        <ErrorState error={query.error} what="The list of plugins" onRetry={query.refetch} />
      ) : query.isPending ? (
        <SkeletonRows rows={14} height={28} hasHead />
      ) : all.length === 0 ? (
        <EmptyState title="No plugins are installed." commands={["stroem plugins"]} />
      ) : (
        <Table columns={COLUMNS} label="Plugins">
          {all.map((plugin, index) => (
            <PluginRow
              key={plugin.name}
              plugin={plugin}
              isOpen={plugin.name === open}
              isCurrent={index === current}
              onToggle={() => toggle(plugin.name)}
            />
          ))}
        </Table>
      )}
    </Page>
  );
}
