import { Command } from "cmdk";
import { Check, ChevronsUpDown, X } from "lucide-react";
import { useState } from "react";
import { formatJson, isObject, plainText } from "@/lib/json";
import { Popover } from "./popover";

interface ChoiceOption {
  value: unknown;
  label?: string | null;
}

interface Props {
  id?: string;
  /** One value, or with `isMultiple` a list. */
  value: unknown;
  onChange: (value: unknown) => void;
  options: readonly ChoiceOption[];
  isMultiple?: boolean;
  /** Whether one may be taken away again. */
  isClearable?: boolean;
  /** Makes a value of a typed text; without it only the options can be chosen. */
  onCustom?: (text: string) => unknown;
  onOpen?: () => void;
  /** Stands in the list instead of options: that they are looked for, or why there are none. */
  notice?: React.ReactNode;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

const ROW = "flex min-h-7 items-center gap-2 rounded-2 px-2 data-[selected=true]:bg-hover";

/** One or several of a list that is searched by typing; with `onCustom` also others. */
export function Choice({
  id,
  value,
  onChange,
  options,
  isMultiple,
  isClearable,
  onCustom,
  onOpen,
  notice,
  ...aria
}: Props) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const many = isMultiple ? (Array.isArray(value) ? value : value === undefined || value === "" ? [] : [value]) : [];
  const chosen = isMultiple ? many : value === undefined || value === "" ? [] : [value];
  const has = (one: unknown) => chosen.some((other) => same(one, other));
  const open = (next: boolean) => {
    setOpen(next);
    setText("");
    if (next) onOpen?.();
  };
  const choose = (one: unknown) => {
    setText("");
    if (!isMultiple) {
      onChange(one);
      setOpen(false);
    } else onChange(has(one) ? many.filter((other) => !same(one, other)) : [...many, one]);
  };
  const others = isMultiple ? many.filter((one) => !options.some((option) => same(option.value, one))) : [];
  const listed: ChoiceOption[] = [...options, ...others.map((one) => ({ value: one }))];
  const isNew = !!text && !listed.some((option) => plainText(option.value) === text);
  return (
    <Popover
      open={isOpen}
      onOpenChange={open}
      className="w-(--radix-popover-trigger-width) p-1"
      trigger={
        <button
          id={id}
          type="button"
          role="combobox"
          aria-expanded={isOpen}
          aria-haspopup="dialog"
          {...aria}
          className="flex min-h-(--h-control-lg) w-full min-w-0 items-center gap-1 rounded-2 border border-line-2 bg-surface px-2 text-left text-14 aria-invalid:border-failed-fill"
        >
          <span className="flex min-w-0 flex-1 flex-wrap gap-1 py-1">
            {chosen.length === 0 && <span className="text-text-3">Choose</span>}
            {isMultiple
              ? many.map((one) => (
                  <span
                    key={formatJson(one, 0)}
                    className="flex h-[22px] items-center gap-1 rounded-1 bg-pending-tint px-1.5 text-12"
                  >
                    {labelOf(one, options)}
                    <X
                      size={12}
                      aria-hidden
                      className="text-text-3 hover:text-text"
                      onClick={(event) => {
                        event.preventDefault();
                        event.stopPropagation();
                        choose(one);
                      }}
                    />
                  </span>
                ))
              : chosen.map((one) => (
                  <span key="one" className="truncate">
                    {labelOf(one, options)}
                  </span>
                ))}
          </span>
          <ChevronsUpDown size={13} className="flex-none text-text-3" aria-hidden />
        </button>
      }
    >
      <Command label="Options" loop>
        <Command.Input
          value={text}
          onValueChange={setText}
          placeholder={onCustom ? "Search, or type another" : "Search"}
          className="mb-1 h-7 w-full rounded-2 border border-line bg-surface px-2 text-13 shadow-none! outline-none"
        />
        <Command.List className="max-h-[260px] overflow-auto">
          {notice && <div className="px-2 py-1.5 text-12 text-text-3">{notice}</div>}
          {!notice && !onCustom && <Command.Empty className="px-2 py-1.5 text-text-3">Nothing matches.</Command.Empty>}
          {isClearable && !isMultiple && chosen.length > 0 && !text && (
            <Command.Item value=" none" onSelect={() => choose(undefined)} className={ROW}>
              <span className="w-4" />
              <span className="text-text-3">none</span>
            </Command.Item>
          )}
          {listed.map((option) => (
            <Command.Item
              key={formatJson(option.value, 0)}
              value={formatJson(option.value, 0)}
              keywords={[labelOf(option.value, listed)]}
              onSelect={() => choose(option.value)}
              className={ROW}
            >
              <span className="w-4 flex-none">{has(option.value) && <Check size={14} className="text-accent" />}</span>
              {labelOf(option.value, listed)}
              {option.label && !isObject(option.value) && (
                <span className="ml-auto text-12 text-text-3">{plainText(option.value)}</span>
              )}
            </Command.Item>
          ))}
          {onCustom && isNew && (
            <Command.Item
              value={` new ${text}`}
              keywords={[text]}
              onSelect={() => choose(onCustom(text))}
              className={ROW}
            >
              <span className="w-4" />
              Add “{text}”
            </Command.Item>
          )}
        </Command.List>
      </Command>
    </Popover>
  );
}

function same(one: unknown, other: unknown): boolean {
  return formatJson(one, 0) === formatJson(other, 0);
}

function labelOf(value: unknown, options: readonly ChoiceOption[]): string {
  return options.find((option) => same(option.value, value))?.label || plainText(value);
}
