import { ToggleGroup } from "radix-ui";
import { cn } from "@/lib/cn";

interface Props<Value extends string> {
  value: Value;
  onChange: (value: Value) => void;
  options: readonly { value: Value; label: React.ReactNode; title?: string }[];
  label: string;
  className?: string;
}

/** One of a few, side by side. */
export function Segments<Value extends string>({ value, onChange, options, label, className }: Props<Value>) {
  return (
    <ToggleGroup.Root
      type="single"
      value={value}
      onValueChange={(next) => next && onChange(next as Value)}
      aria-label={label}
      className={cn(
        "inline-flex h-6 flex-none overflow-hidden rounded-2 border border-line-2 pointer-coarse:h-9",
        className,
      )}
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          title={option.title}
          className="flex items-center gap-[5px] whitespace-nowrap border-line border-r px-2 text-12 text-text-2 last:border-r-0 focus-visible:relative data-[state=off]:hover:bg-hover data-[state=on]:bg-hover data-[state=on]:font-medium data-[state=on]:text-text"
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
