import { Command } from "cmdk";
import { Kbd } from "@/components/ui/kbd";

/** Something that can be found or done. */
export interface Row {
  id: string;
  icon: React.ReactNode;
  /** Grey words before the name: a workspace. */
  before?: string;
  name: string;
  /** The places in `name` that suit what was typed. */
  marks?: readonly number[];
  /** Words behind the name, in the type of ids. */
  after?: string;
  remark?: React.ReactNode;
  score: number;
  /** It is offered only to those who look for things to do. */
  isQuiet?: boolean;
  run: () => void;
  /** What Ctrl Enter does. */
  runLast?: () => void;
}

/** A row of the palette. */
export function PaletteRow({ row, isOn, onRun }: { row: Row; isOn: boolean; onRun: () => void }) {
  return (
    <Command.Item
      value={row.id}
      onSelect={onRun}
      className="mx-1.5 grid h-[34px] grid-cols-[18px_minmax(0,1fr)_auto] items-center gap-2.5 rounded-2 px-2.5 data-[selected=true]:bg-accent-tint [&_.lucide]:text-text-3"
    >
      {row.icon}
      <span className="truncate">
        {row.before && <span className="text-text-3">{row.before} / </span>}
        <Marked text={row.name} marks={row.marks} />
        {row.after && <span className="ml-2 font-mono text-12 text-text-3">{row.after}</span>}
      </span>
      <span className="flex items-center gap-2 text-12 text-text-3">
        {row.remark}
        {isOn && <Kbd>Enter</Kbd>}
      </span>
    </Command.Item>
  );
}

function Marked({ text, marks = [] }: { text: string; marks?: readonly number[] }) {
  if (marks.length === 0) return text;
  return Array.from(text, (letter, index) =>
    marks.includes(index) ? (
      <span key={index} className="font-semibold text-accent">
        {letter}
      </span>
    ) : (
      letter
    ),
  );
}
