import { Dialog as Radix } from "radix-ui";
import { useState } from "react";
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

interface ModalProps extends Pick<Props, "open" | "onOpenChange" | "children" | "className"> {
  /** Whether a `Radix.Description` is inside. */
  isDescribed?: boolean;
}

/** What lies over the page until it is left. Its content has a `ModalTitle`. */
export function Modal({ open, onOpenChange, ...content }: ModalProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Content {...content} />
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The content, which gives the focus back to what had it before. */
function Content({ isDescribed, className, children }: Omit<ModalProps, "open" | "onOpenChange">) {
  const [before] = useState(focused);
  return (
    <Radix.Content
      className={cn("fixed z-40 bg-surface shadow-float outline-none", className)}
      {...(isDescribed ? {} : { "aria-describedby": undefined })}
      onCloseAutoFocus={(event) => {
        event.preventDefault();
        before?.focus();
      }}
    >
      {children}
    </Radix.Content>
  );
}

/** What has the focus; of an item of a menu, which closes, the button that opened the menu. */
function focused(): HTMLElement | null {
  const element = document.activeElement;
  const opener = element?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  return opener ? document.getElementById(opener) : (element as HTMLElement | null);
}

/** The place of dialogs: in the middle, near the top. */
export const CENTRED = "top-[12vh] left-1/2 max-w-[calc(100vw-32px)] -translate-x-1/2 rounded-3";

/** Confirms what cannot be taken back and shows what follows from it. */
export function Dialog({ open, onOpenChange, title, description, children, footer, className }: Props) {
  return (
    <Modal
      open={open}
      onOpenChange={onOpenChange}
      isDescribed={!!description}
      className={cn(CENTRED, "flex max-h-[76vh] w-[560px] flex-col", className)}
    >
      <div className="px-4 pt-4 pb-3">
        <ModalTitle className="font-semibold text-14">{title}</ModalTitle>
        {description && <Radix.Description className="mt-1 text-text-2">{description}</Radix.Description>}
      </div>
      {children && <div className="min-h-0 flex-1 overflow-auto px-4 pb-3">{children}</div>}
      {footer && <div className="flex justify-end gap-2 border-line border-t px-4 py-3">{footer}</div>}
    </Modal>
  );
}

/** What is longer than a dialog: a pane that lies over the right side. */
export function Sheet({ open, onOpenChange, title, children, className }: Omit<Props, "footer" | "description">) {
  return (
    <Modal
      open={open}
      onOpenChange={onOpenChange}
      className={cn("inset-y-0 right-0 flex w-[420px] max-w-[100vw] flex-col", className)}
    >
      <ModalTitle className="flex h-11 flex-none items-center border-line border-b px-4 font-semibold text-14">
        {title}
      </ModalTitle>
      <div className="min-h-0 flex-1 overflow-auto">{children}</div>
    </Modal>
  );
}

export const ModalTitle = Radix.Title;
export const DialogClose = Radix.Close;
