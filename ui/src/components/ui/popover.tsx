import { Popover as Radix } from "radix-ui";
import { cn } from "@/lib/cn";

interface Props {
  trigger: React.ReactNode;
  children: React.ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  align?: "start" | "end";
  className?: string;
}

/** Something small that floats beside what opens it. */
export function Popover({ trigger, children, open, onOpenChange, align = "start", className }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className={cn("z-50 max-w-[calc(100vw-16px)] rounded-3 bg-surface p-3 shadow-float outline-none", className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export const PopoverClose = Radix.Close;
