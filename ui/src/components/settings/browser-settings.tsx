import { useState } from "react";
import { Section } from "@/components/ui/section";
import { Segments } from "@/components/ui/segments";
import { Switch } from "@/components/ui/switch";
import { useNow } from "@/lib/clock";
import { setSingleKeys, singleKeysOn } from "@/lib/keys";
import { chooseTheme, type Theme, useChosenTheme } from "@/lib/theme";
import { exactTime } from "@/lib/time";

const THEMES: readonly { value: Theme; label: string }[] = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "system", label: "System" },
];

/** What this browser keeps for itself. */
export function BrowserSettings() {
  const theme = useChosenTheme();
  const [hasKeys, setKeys] = useState(singleKeysOn());
  const now = useNow(60_000);
  return (
    <Section title="This browser" remark="kept here, for you only">
      <Line label="Theme">
        <Segments label="Theme" value={theme} onChange={chooseTheme} options={THEMES} />
      </Line>
      <Line label="Single keys" help="J, K, Enter, G J and others, without Control. Ctrl K works in any case.">
        <Switch
          aria-label="Single keys"
          checked={hasKeys}
          onChange={(isOn) => {
            setSingleKeys(isOn);
            setKeys(isOn);
          }}
        />
      </Line>
      <Line label="Time zone" help={exactTime(new Date(now))}>
        <span>{Intl.DateTimeFormat().resolvedOptions().timeZone}, as this browser says</span>
      </Line>
    </Section>
  );
}

interface LineProps {
  label: string;
  help?: string;
  children: React.ReactNode;
}

/** A setting in a line: its name, its value, and what it means. */
export function Line({ label, help, children }: LineProps) {
  return (
    <div className="grid min-h-9 grid-cols-[160px_minmax(0,1fr)] items-center gap-x-4 px-4 py-1 last:pb-3 max-sm:grid-cols-[104px_minmax(0,1fr)]">
      <span className="text-text-2">{label}</span>
      <span className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
        {children}
        {help && <span className="text-12 text-text-3">{help}</span>}
      </span>
    </div>
  );
}
