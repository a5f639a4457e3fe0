import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

const button = cva(
  "inline-flex flex-none items-center justify-center gap-1.5 whitespace-nowrap rounded-2 border font-medium transition-colors duration-(--fast) disabled:opacity-50 [&_svg]:flex-none",
  {
    variants: {
      variant: {
        outline: "border-line-2 bg-surface text-text enabled:hover:bg-hover [&_svg]:text-text-2 [a&]:hover:bg-hover",
        primary: "border-ink bg-ink text-on-ink enabled:hover:opacity-90 [a&]:hover:opacity-90",
        quiet:
          "border-transparent bg-transparent font-normal text-text-2 enabled:hover:bg-hover aria-pressed:bg-hover aria-pressed:text-text [a&]:hover:bg-hover",
        danger: "border-line-2 bg-surface text-failed enabled:hover:bg-failed-tint",
        destroy: "border-failed-fill bg-failed-fill text-(--on-fill) enabled:hover:opacity-90",
      },
      size: {
        md: "row-control px-2.5 text-13",
        sm: "h-6 px-2 text-12 pointer-coarse:h-9",
        icon: "row-control w-(--h-control) px-0",
        "icon-sm": "size-6 px-0 pointer-coarse:size-9",
      },
    },
    defaultVariants: { variant: "outline", size: "md" },
  },
);

interface Props extends ComponentProps<"button">, VariantProps<typeof button> {
  asChild?: boolean;
  /** Why somebody may not press it. */
  refusal?: string;
}

/** A verb that can be pressed. One per page is `primary`; `destroy` is for the dialog that confirms. */
export function Button({ variant, size, asChild, refusal, className, ...props }: Props) {
  const Element = asChild ? Slot.Root : "button";
  return (
    <Element
      type={asChild ? undefined : "button"}
      className={cn(button({ variant, size }), className)}
      {...props}
      {...(refusal && { disabled: true, title: refusal, "aria-description": refusal })}
    />
  );
}
