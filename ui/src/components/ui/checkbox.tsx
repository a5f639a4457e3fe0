import { Check } from "lucide-react";
import { Checkbox as Radix } from "radix-ui";
import { cn } from "@/lib/cn";

interface Props {
  id?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  "aria-label"?: string;
  "aria-describedby"?: string;
  className?: string;
}

/** A box that is ticked or not. */
export function Checkbox({ onChange, className, ...props }: Props) {
  return (
    <Radix.Root
      {...props}
      onCheckedChange={(checked) => onChange(checked === true)}
      className={cn(
        "relative grid size-3.5 flex-none place-items-center rounded-1 border border-line-2 bg-surface after:absolute after:-inset-[5px] data-[state=checked]:border-ink data-[state=checked]:bg-ink data-[state=checked]:text-on-ink",
        className,
      )}
    >
      <Radix.Indicator>
        <Check size={11} strokeWidth={3} />
      </Radix.Indicator>
    </Radix.Root>
  );
}
