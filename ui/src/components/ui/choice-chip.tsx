import { Chip } from "./chip";
import { Menu, MenuItem, MenuLine } from "./menu";

interface Props {
  label: string;
  value: string | undefined;
  /** Values with their words. */
  options: readonly (readonly [string, string])[];
  onChange: (value: string | undefined) => void;
}

/** A filter of which one value may be set. */
export function ChoiceChip({ label, value, options, onChange }: Props) {
  const words = value === undefined ? undefined : (options.find(([one]) => one === value)?.[1] ?? value);
  return (
    <Menu
      trigger={
        <Chip value={words} hasMenu>
          {label}
        </Chip>
      }
    >
      <MenuItem onSelect={() => onChange(undefined)}>all</MenuItem>
      <MenuLine />
      {options.map(([one, text]) => (
        <MenuItem key={one} onSelect={() => onChange(one)}>
          {text}
        </MenuItem>
      ))}
    </Menu>
  );
}
