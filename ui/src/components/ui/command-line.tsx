import { CopyButton } from "./copy-button";

/** A command of the shell, or another line, to copy. */
export function CommandLine({ command, label = "Copy the command" }: { command: string; label?: string }) {
  return (
    <span className="flex max-w-full items-center gap-2 rounded-2 border border-line bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 overflow-x-auto whitespace-pre text-12">{command}</code>
      <CopyButton text={command} label={label} />
    </span>
  );
}
