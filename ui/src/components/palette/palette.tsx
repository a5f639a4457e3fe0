import { Command } from "cmdk";
import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { CENTRED, Modal, ModalTitle } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";
import { cn } from "@/lib/cn";
import { useSettled } from "@/lib/use-settled";
import { remember } from "./recent";
import { PaletteRow, type Row } from "./row";
import { useRows } from "./use-rows";

const REMEMBERED = /^(task|workspace|page):/;

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Finds a page, a task, a job or a workspace, or does something with it. */
export default function Palette({ open, onOpenChange }: Props) {
  const [text, setText] = useState("");
  const [on, setOn] = useState("");
  const settled = useSettled(text);
  const { groups, isLoading } = useRows(text, settled === text);
  const rows = groups.flatMap((group) => group.rows);
  const first = rows[0]?.id ?? "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text begins at the first row again
  useEffect(() => setOn(first), [text, first]);
  const run = (row: Row | undefined, isLast = false) => {
    const act = isLast ? row?.runLast : row?.run;
    if (!row || !act) return;
    if (REMEMBERED.test(row.id)) remember(row.id);
    onOpenChange(false);
    act();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run(
      rows.find(({ id }) => id === on),
      true,
    );
  };
  return (
    <Modal open={open} onOpenChange={onOpenChange} className={cn(CENTRED, "w-[640px] overflow-hidden")}>
      <ModalTitle className="sr-only">Find or do</ModalTitle>
      <Command
        label="Find or do"
        shouldFilter={false}
        value={on}
        onValueChange={setOn}
        onKeyDown={onKeyDown}
        vimBindings={false}
        loop
      >
        <div className="flex h-12 items-center gap-2.5 border-line border-b px-4">
          <Search size={15} className="flex-none text-text-3" aria-hidden />
          <Command.Input
            value={text}
            onValueChange={setText}
            placeholder="A page, a task, a job, a workspace"
            className="h-full min-w-0 flex-1 bg-transparent text-14 shadow-none! outline-none"
          />
          <Kbd>Esc</Kbd>
        </div>
        <Command.List className="max-h-[min(460px,60vh)] overflow-auto pb-1.5">
          {rows.length === 0 && <p className="px-4 py-4 text-text-3">{isLoading ? "Looking…" : "Nothing matches."}</p>}
          {groups.map((group) => (
            <Command.Group
              key={group.heading}
              heading={group.heading}
              className="[&_[cmdk-group-heading]]:px-4 [&_[cmdk-group-heading]]:pt-2.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-11 [&_[cmdk-group-heading]]:text-text-3"
            >
              {group.rows.map((row) => (
                <PaletteRow key={row.id} row={row} isOn={row.id === on} onRun={() => run(row)} />
              ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
      <div className="flex gap-4 border-line border-t bg-canvas px-4 py-2 text-12 text-text-3 max-sm:hidden">
        <span className="flex items-center gap-1">
          <Kbd>↑</Kbd>
          <Kbd>↓</Kbd> move
        </span>
        <span>
          <Kbd>Enter</Kbd> open
        </span>
        <span>
          <Kbd>Ctrl Enter</Kbd> run with the last input
        </span>
        <span className="ml-auto">
          <Kbd>&gt;</Kbd> actions only
        </span>
      </div>
    </Modal>
  );
}
