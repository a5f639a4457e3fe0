import { Check, ChevronsUpDown } from "lucide-react";
import { Select as Radix } from "radix-ui";
import { cn } from "@/lib/cn";

interface Props {
  id?: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly { value: string; label: string }[];
  placeholder?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
  className?: string;
}

/** One of several, chosen from a list. */
export function Select({ id, value, onChange, options, placeholder, className, ...aria }: Props) {
  return (
    <Radix.Root value={value} onValueChange={onChange}>
      <Radix.Trigger
        id={id}
        {...aria}
        className={cn(
          "flex h-(--h-control-lg) w-full min-w-0 items-center gap-2 rounded-2 border border-line-2 bg-surface px-2 text-left text-14 aria-invalid:border-failed-fill data-[placeholder]:text-text-3",
          className,
        )}
      >
        <span className="min-w-0 flex-1 truncate">
          <Radix.Value placeholder={placeholder} />
        </span>
        <ChevronsUpDown size={13} className="flex-none text-text-3" aria-hidden />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          className="z-50 max-h-[min(360px,var(--radix-select-content-available-height))] min-w-(--radix-select-trigger-width) overflow-auto rounded-3 bg-surface p-1 shadow-float"
        >
          <Radix.Viewport>
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                className="flex min-h-7 items-center gap-2 rounded-2 px-2 outline-none data-[highlighted]:bg-hover"
              >
                <span className="w-4 flex-none">
                  <Radix.ItemIndicator>
                    <Check size={14} className="text-accent" />
                  </Radix.ItemIndicator>
                </span>
                <Radix.ItemText>{option.label}</Radix.ItemText>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
