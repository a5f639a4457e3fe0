import { CommandLine } from "./command-line";

interface Props {
  /** What would be here, in a sentence. */
  title: string;
  children?: React.ReactNode;
  /** Commands that bring something here. */
  commands?: string[];
}

/** The place of a list that has nothing in it: says what would be here and what to do next. */
export function EmptyState({ title, children, commands = [] }: Props) {
  return (
    <div className="flex max-w-[640px] flex-col gap-3 px-4 py-6">
      <h2 className="text-14 text-text">{title}</h2>
      {children && <div className="text-text-2">{children}</div>}
      {commands.map((command) => (
        <CommandLine key={command} command={command} />
      ))}
    </div>
  );
}
