import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Dialog as Radix } from "radix-ui";
import { GROUPS } from "@/components/frame/entries";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Finds a page, a task, a job or a workspace, or does something with it. */
export default function Palette({ open, onOpenChange }: Props) {
  const navigate = useNavigate();
  const go = (to: string) => {
    onOpenChange(false);
    navigate({ to });
  };
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-40 w-[640px] max-w-[calc(100vw-32px)] -translate-x-1/2 overflow-hidden rounded-3 bg-surface shadow-float outline-none"
        >
          <Radix.Title className="sr-only">Find or do</Radix.Title>
          <Command label="Find or do">
            <Command.Input
              placeholder="A page, a task, a job, a workspace"
              className="h-11 w-full border-line border-b bg-transparent px-4 text-14 shadow-none! outline-none"
            />
            <Command.List className="max-h-[50vh] overflow-auto p-1">
              <Command.Empty className="px-3 py-4 text-text-3">Nothing matches.</Command.Empty>
              <Command.Group heading="Go to">
                {GROUPS.flat().map((entry) => (
                  <Command.Item
                    key={entry.to}
                    onSelect={() => go(entry.to)}
                    className="flex h-8 items-center gap-2 rounded-2 px-3 data-[selected=true]:bg-hover"
                  >
                    <entry.icon size={15} className="text-text-3" />
                    {entry.label}
                  </Command.Item>
                ))}
              </Command.Group>
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
