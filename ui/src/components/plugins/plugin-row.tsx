import type { Contribution, Plugin } from "@/api/plugins";
import { StateGlyph } from "@/components/ui/state-glyph";
import { Tag } from "@/components/ui/state-word";
import { Cell, DetailRow, Row } from "@/components/ui/table";
import { cn } from "@/lib/cn";
import { formatJson } from "@/lib/json";

const HOOKS: Record<string, string> = {
  stroem_runners: "runner",
  stroem_trigger_types: "trigger type",
  stroem_sources: "source",
  stroem_push_hooks: "git host",
  stroem_event_sinks: "event receiver",
  stroem_cli_commands: "command",
};

interface Props {
  plugin: Plugin;
  isOpen: boolean;
  isCurrent: boolean;
  onToggle: () => void;
}

/** A plugin with what it brings, or why it does not work; opened, with all options. */
export function PluginRow({ plugin, isOpen, isCurrent, onToggle }: Props) {
  const brings = plugin.contributions.map(({ hook, name }) => `${hookWords(hook)} ${name}`).join(", ");
  const adds = brings || plugin.hooks.map(hookWords).join(", ");
  return (
    <>
      <Row isCurrent={isCurrent} data-plugin={plugin.name} onClick={onToggle}>
        <Cell>
          <StateGlyph state={plugin.error ? "failed" : "completed"} label={plugin.error ? "Does not work" : "Loaded"} />
        </Cell>
        <Cell>
          <button
            type="button"
            aria-expanded={isOpen}
            className="block w-full truncate text-left font-medium"
            onClick={(click) => {
              click.stopPropagation();
              onToggle();
            }}
          >
            {plugin.name}
          </button>
        </Cell>
        <Cell
          className={cn("max-sm:whitespace-normal max-sm:py-1", plugin.error ? "text-failed" : "text-text-2")}
          title={plugin.error ?? adds}
        >
          {plugin.error ?? (adds || <span className="text-faint">nothing</span>)}
        </Cell>
        <Cell className="font-mono text-12 text-text-2 max-sm:hidden">{plugin.distribution}</Cell>
        <Cell className="text-text-2 tabular-nums">{plugin.version}</Cell>
      </Row>
      {isOpen && (
        <DetailRow className="px-4 py-2 sm:pl-12">
          {plugin.error && <p className="text-failed [overflow-wrap:anywhere]">{plugin.error}</p>}
          {plugin.contributions.map((one) => (
            <Brought key={`${one.hook}${one.name}`} contribution={one} />
          ))}
          {!plugin.error && plugin.contributions.length === 0 && (
            <p className="text-text-3">It brings nothing that has a name or options.</p>
          )}
        </DetailRow>
      )}
    </>
  );
}

function Brought({ contribution }: { contribution: Contribution }) {
  return (
    <div className="py-1">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="text-text-3">{hookWords(contribution.hook)}</span>
        <span className="font-medium">{contribution.name}</span>
        <span className="text-text-2">{contribution.description}</span>
      </p>
      {contribution.options.length > 0 && (
        <ul className="mt-1 flex flex-col gap-0.5">
          {contribution.options.map((option) => (
            <li key={option.name} className="flex flex-wrap items-center gap-x-2 text-12">
              <code className="w-44 max-sm:w-auto">{option.name}</code>
              <span className="text-text-3">{option.type}</span>
              {option.required && <Tag>required</Tag>}
              {option.default !== null && option.default !== undefined && (
                <span className="text-text-3">
                  default <code>{formatJson(option.default, 0)}</code>
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function hookWords(hook: string): string {
  return HOOKS[hook] ?? hook.replace(/^stroem_/, "").replaceAll("_", " ");
}
