import { Columns3 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Menu, MenuCheck } from "@/components/ui/menu";
import { isListOf, store, stored } from "@/lib/storage";

/** The columns of the table; the task cannot be hidden. */
export const COLUMNS = [
  { key: "task", label: "Task", width: "w-[248px] max-lg:w-[208px]" },
  { key: "reason", label: "What happens or went wrong", width: "" },
  { key: "release", label: "Release", width: "w-[72px] max-lg:hidden" },
  { key: "who", label: "Started by", width: "w-[176px] max-lg:w-[128px]" },
  { key: "started", label: "Started", width: "w-[112px]" },
  { key: "took", label: "Took", width: "w-[152px] text-right" },
  { key: "id", label: "Id", width: "w-[92px] max-lg:hidden" },
] as const;

export type ColumnKey = (typeof COLUMNS)[number]["key"];

const isKeys = isListOf((value): value is ColumnKey => COLUMNS.some(({ key }) => key === value));

/** The columns that are hidden in this browser. */
export function useHiddenColumns() {
  const [hidden, setHidden] = useState<ColumnKey[]>(() => stored("jobColumns", isKeys, []));
  const toggle = (key: ColumnKey, isShown: boolean) => {
    const next = isShown ? hidden.filter((one) => one !== key) : [...hidden, key];
    store("jobColumns", next);
    setHidden(next);
  };
  return { hidden, toggle };
}

interface Props {
  hidden: readonly ColumnKey[];
  onToggle: (key: ColumnKey, isShown: boolean) => void;
}

/** Chooses the columns of the table. */
export function ColumnsMenu({ hidden, onToggle }: Props) {
  return (
    <Menu
      align="end"
      trigger={
        <Button variant="quiet" size="icon-sm" aria-label="Columns" title="Columns" className="max-sm:hidden">
          <Columns3 size={14} />
        </Button>
      }
    >
      {COLUMNS.filter(({ key }) => key !== "task").map(({ key, label }) => (
        <MenuCheck key={key} checked={!hidden.includes(key)} onChange={(isShown) => onToggle(key, isShown)}>
          {label}
        </MenuCheck>
      ))}
    </Menu>
  );
}
