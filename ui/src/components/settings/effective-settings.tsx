import { useState } from "react";
import type { EffectiveSetting } from "@/api/settings";
import { SearchInput } from "@/components/ui/input";
import { Section } from "@/components/ui/section";
import { Switch } from "@/components/ui/switch";
import { Cell, Row, Table } from "@/components/ui/table";
import { cn } from "@/lib/cn";
import { plainText } from "@/lib/json";
import { count } from "@/lib/number";

const COLUMNS = [
  { label: "Setting", className: "w-[400px] max-sm:w-[52%]" },
  { label: "Value", className: "" },
  { label: "From", className: "w-[144px] max-sm:hidden" },
];

/** All settings as in force, with where each comes from. Secrets are hidden by the server. */
export function EffectiveSettings({ settings }: { settings: readonly EffectiveSetting[] }) {
  const [text, setText] = useState("");
  const [isAll, setAll] = useState(true);
  const shown = settings.filter(
    (setting) => (isAll || setting.origin !== "default") && setting.key.toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <Section
      title="Settings in force"
      remark={`${count(shown.length)} of ${count(settings.length)}`}
      actions={
        <>
          <span className="flex items-center gap-2 max-sm:hidden">
            Show defaults
            <Switch aria-label="Show defaults" checked={isAll} onChange={setAll} />
          </span>
          <SearchInput
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder="Name of a setting"
            className="w-[200px] max-sm:w-[160px]"
          />
        </>
      }
    >
      {shown.length === 0 && <p className="px-4 pb-3 text-text-3">No setting has such a name.</p>}
      {shown.length > 0 && (
        <Table columns={COLUMNS} label="Settings">
          {shown.map((setting) => (
            <SettingRow key={setting.key} setting={setting} />
          ))}
        </Table>
      )}
    </Section>
  );
}

function SettingRow({ setting }: { setting: EffectiveSetting }) {
  const isDefault = setting.origin === "default";
  const value = valueWords(setting.value);
  return (
    <Row data-setting={setting.key}>
      <Cell className="font-mono text-12" title={setting.key}>
        {setting.key}
      </Cell>
      <Cell className={cn("font-mono text-12", isDefault ? "text-text-3" : "text-text")} title={value}>
        {value}
        {setting.secret && <span className="ml-2 font-sans text-text-3">secret</span>}
      </Cell>
      <Cell className={cn("max-sm:hidden", isDefault ? "text-text-3" : "font-medium")}>{setting.origin}</Cell>
    </Row>
  );
}

function valueWords(value: unknown): string {
  if (value === null || value === undefined) return "not set";
  return plainText(value);
}
