import { Switch as Radix } from "radix-ui";

interface Props {
  id?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  "aria-label"?: string;
}

/** A setting that holds at once. */
export function Switch({ onChange, ...props }: Props) {
  return (
    <Radix.Root
      {...props}
      onCheckedChange={onChange}
      className="relative h-4 w-7 flex-none rounded-full bg-line-2 transition-colors duration-(--fast) after:absolute after:-inset-1 data-[state=checked]:bg-accent"
    >
      <Radix.Thumb className="block size-3 translate-x-0.5 rounded-full bg-surface transition-transform duration-(--fast) data-[state=checked]:translate-x-3.5" />
    </Radix.Root>
  );
}
