import { Tooltip as Radix } from "radix-ui";

export const TooltipProvider = Radix.Provider;

/** A few words on hover or focus; never the only explanation of anything. */
export function Tooltip({ text, children }: { text: React.ReactNode; children: React.ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-w-[320px] rounded-2 bg-ink px-2 py-1 text-12 text-on-ink"
        >
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
