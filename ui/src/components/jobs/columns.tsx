import { Columns3 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Menu, MenuCheck } from "@/components/ui/menu";
import { store, stored } from "@/lib/storage";

/** The columns of the table; the task cannot be hidden. */
export const COLUMNS = [
  { key: "task", label: "Task", width: "w-[284px] max-lg:w-[220px]" },
  { key: "reason", label: "What happens or went wrong", width: "" },
  { key: "release", label: "Release", width: "w-[76px] max-lg:w-[64px]" },
  { key: "who", label: "Started by", width: "w-[168px] max-lg:w-[120px]" },
  { key: "started", label: "Started", width: "w-[100px]" },
  { key: "took", label: "Took", width: "w-[160px] text-right" },
  { key: "id", label: "Id", width: "w-[92px]" },
] as const;

export type ColumnKey = (typeof COLUMNS)[number]["key"];

/** The columns that are hidden in this browser. */
export function useHiddenColumns() {
  const [hidden, setHidden] = useState<ColumnKey[]>(() => stored("jobColumns", []));
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
