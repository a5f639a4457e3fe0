import { useRef } from "react";
import { cn } from "@/lib/cn";
import { count } from "@/lib/number";

export interface Tab<Value extends string> {
  value: Value;
  label: React.ReactNode;
  /** A count behind the label. */
  count?: number;
}

interface Props<Value extends string> {
  value: Value;
  onChange: (value: Value) => void;
  tabs: readonly Tab<Value>[];
  label: string;
  className?: string;
}

/** The head of panes of which one is shown. The URL holds which. */
export function Tabs<Value extends string>({ value, onChange, tabs, label, className }: Props<Value>) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: React.KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    const index = tabs.findIndex((tab) => tab.value === value);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    onChange(next.value);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.value}"]`)?.focus();
  };
  return (
    <div
      ref={list}
      role="tablist"
      aria-label={label}
      onKeyDown={move}
      className={cn(
        "flex h-9 flex-none gap-4 overflow-x-auto border-line border-b px-4 [scrollbar-width:none]",
        className,
      )}
    >
      {tabs.map((tab) => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          data-tab={tab.value}
          aria-selected={tab.value === value}
          tabIndex={tab.value === value ? 0 : -1}
          onClick={() => onChange(tab.value)}
          className="-mb-px flex items-center gap-1.5 whitespace-nowrap border-transparent border-b-2 text-text-3 hover:text-text aria-selected:border-text aria-selected:font-medium aria-selected:text-text"
        >
          {tab.label}
          {tab.count !== undefined && (
            <span className="font-normal text-11 text-text-3 tabular-nums">{count(tab.count)}</span>
          )}
        </button>
      ))}
    </div>
  );
}
