import type { PluginInfo } from "@/api/plugins";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Cell, Row } from "@/components/ui/table";

const HOOKS: Record<string, string> = {
  stroem_runners: "runners of steps",
  stroem_trigger_types: "types of triggers",
  stroem_sources: "sources of workspaces",
  stroem_push_hooks: "pushes of git hosts",
  stroem_event_sinks: "receivers of events",
  stroem_cli_commands: "commands",
};

/** A plugin with what it adds, or why it does not work. */
export function PluginRow({ plugin }: { plugin: PluginInfo }) {
  const adds = plugin.hooks.map(hookWords).join(", ");
  return (
    <Row data-plugin={plugin.name}>
      <Cell>
        <StateGlyph state={plugin.error ? "failed" : "completed"} label={plugin.error ? "Does not work" : "Loaded"} />
      </Cell>
      <Cell className="font-medium">{plugin.name}</Cell>
      <Cell className={plugin.error ? "text-failed" : "text-text-2"} title={plugin.error ?? plugin.hooks.join(", ")}>
        {plugin.error ?? (adds || <span className="text-faint">nothing</span>)}
      </Cell>
      <Cell className="font-mono text-12 text-text-2 max-sm:hidden">{plugin.distribution}</Cell>
      <Cell className="text-text-2 tabular-nums">{plugin.version}</Cell>
    </Row>
  );
}

function hookWords(hook: string): string {
  return HOOKS[hook] ?? hook.replace(/^stroem_/, "").replaceAll("_", " ");
}
