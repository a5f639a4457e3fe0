import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { cn } from "@/lib/cn";

const ITEM =
  "flex min-h-7 items-center gap-2 rounded-2 px-2 text-13 outline-none data-[highlighted]:bg-hover data-[disabled]:opacity-50 [&>svg]:text-text-3";

interface MenuProps {
  trigger: React.ReactNode;
  children: React.ReactNode;
  align?: "start" | "end";
  className?: string;
}

/** A list of verbs or choices behind a button. */
export function Menu({ trigger, children, align = "start", className }: MenuProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          className={cn(
            "z-50 max-h-[min(420px,var(--radix-dropdown-menu-content-available-height))] min-w-[168px] overflow-auto rounded-3 bg-surface p-1 shadow-float",
            className,
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ItemProps {
  onSelect: () => void;
  children: React.ReactNode;
  isDanger?: boolean;
  disabled?: boolean;
}

export function MenuItem({ onSelect, children, isDanger, disabled }: ItemProps) {
  return (
    <Radix.Item onSelect={onSelect} disabled={disabled} className={cn(ITEM, isDanger && "text-failed")}>
      {children}
    </Radix.Item>
  );
}

interface CheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: React.ReactNode;
}

/** A choice among several that may be set together; the menu stays open. */
export function MenuCheck({ checked, onChange, children }: CheckProps) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={cn(ITEM, "pr-3")}
    >
      <span className="w-4 flex-none">{checked && <Check size={14} className="text-accent" />}</span>
      {children}
    </Radix.CheckboxItem>
  );
}

export function MenuLine() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}

export function MenuLabel({ children }: { children: React.ReactNode }) {
  return <Radix.Label className="px-2 pt-1 pb-0.5 text-11 text-text-3">{children}</Radix.Label>;
}

interface ChoicesProps<Value extends string> {
  value: Value | undefined;
  /** Values with their words. */
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}

/** One of several; the menu stays open. */
export function MenuChoices<Value extends string>({ value, options, onChange }: ChoicesProps<Value>) {
  return options.map(([one, words]) => (
    <MenuCheck key={one} checked={one === value} onChange={() => onChange(one)}>
      {words}
    </MenuCheck>
  ));
}
