import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button";
import { Chip } from "./chip";
import { Input } from "./input";
import { Popover, PopoverClose } from "./popover";

interface Props {
  label: string;
  value?: string;
  hint: string;
  onChange: (value: string | undefined) => void;
}

/** A filter whose value is written into a field. */
export function TextChip({ label, value, hint, onChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState(value ?? "");
  useEffect(() => setText(value ?? ""), [value]);
  const apply = (event: React.FormEvent) => {
    event.preventDefault();
    onChange(text.trim() || undefined);
    setOpen(false);
  };
  return (
    <Popover
      open={isOpen}
      onOpenChange={setOpen}
      trigger={
        <Chip value={value} hasMenu>
          {label}
        </Chip>
      }
      className="w-[280px]"
    >
      <form onSubmit={apply} className="flex flex-col gap-2">
        <Input value={text} onChange={(event) => setText(event.target.value)} aria-label={label} placeholder={hint} />
        <div className="flex justify-end gap-2">
          {value && (
            <PopoverClose asChild>
              <Button variant="quiet" size="sm" onClick={() => onChange(undefined)}>
                <X size={12} />
                Clear
              </Button>
            </PopoverClose>
          )}
          <Button size="sm" type="submit">
            Filter
          </Button>
        </div>
      </form>
    </Popover>
  );
}
