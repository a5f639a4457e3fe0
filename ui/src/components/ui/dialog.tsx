import { Dialog as Radix } from "radix-ui";
import { cn } from "@/lib/cn";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** The question that is asked. */
  title: React.ReactNode;
  description?: React.ReactNode;
  children?: React.ReactNode;
  /** Buttons: the quiet one first, the verb last. */
  footer?: React.ReactNode;
  className?: string;
}

/** Confirms what cannot be taken back and shows what follows from it. */
export function Dialog({ open, onOpenChange, title, description, children, footer, className }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          className={cn(
            "fixed top-[12vh] left-1/2 z-40 flex max-h-[76vh] w-[560px] max-w-[calc(100vw-32px)] -translate-x-1/2 flex-col rounded-3 bg-surface shadow-float outline-none",
            className,
          )}
          {...(description ? {} : { "aria-describedby": undefined })}
        >
          <div className="px-4 pt-4 pb-3">
            <Radix.Title className="font-semibold text-14">{title}</Radix.Title>
            {description && <Radix.Description className="mt-1 text-text-2">{description}</Radix.Description>}
          </div>
          {children && <div className="min-h-0 flex-1 overflow-auto px-4 pb-3">{children}</div>}
          {footer && <div className="flex justify-end gap-2 border-line border-t px-4 py-3">{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What is longer than a dialog: a pane that lies over the right side. */
export function Sheet({ open, onOpenChange, title, children, className }: Omit<Props, "footer" | "description">) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          className={cn(
            "fixed inset-y-0 right-0 z-40 flex w-[420px] max-w-[100vw] flex-col bg-surface shadow-float outline-none",
            className,
          )}
        >
          <Radix.Title className="flex h-11 flex-none items-center border-line border-b px-4 font-semibold text-14">
            {title}
          </Radix.Title>
          <div className="min-h-0 flex-1 overflow-auto">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export const DialogClose = Radix.Close;
