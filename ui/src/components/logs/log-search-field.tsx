import { CaseSensitive, ChevronDown, ChevronUp, Regex } from "lucide-react";
import { messageOf } from "@/api/error";
import { SearchInput } from "@/components/ui/input";
import { cn } from "@/lib/cn";
import { count } from "@/lib/number";
import type { useLogSearch } from "./use-log-search";

interface Props {
  search: ReturnType<typeof useLogSearch>;
  field: React.Ref<HTMLInputElement>;
  className?: string;
}

/** Search in the whole log: Enter and Shift+Enter go from hit to hit. */
export function LogSearchField({ search, field, className }: Props) {
  const { typed, setTyped, hits, index } = search;
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") event.shiftKey ? search.previous() : search.next();
    else if (event.key === "Escape" && typed.q) setTyped({ ...typed, q: "" });
    else if (event.key === "Escape") event.currentTarget.blur();
    else return;
    event.preventDefault();
  };
  return (
    <SearchInput
      ref={field}
      className={cn("min-w-0", className)}
      placeholder="Search the log"
      value={typed.q}
      maxLength={1000}
      aria-invalid={hits.error !== null || undefined}
      onChange={(event) => setTyped({ ...typed, q: event.target.value })}
      onKeyDown={onKeyDown}
    >
      {typed.q && (
        <span
          role="status"
          title={hits.error ? messageOf(hits.error) : undefined}
          className={cn("max-w-[40%] truncate text-text-3 tabular-nums", hits.error !== null && "text-failed")}
        >
          {wordsOf(hits.lines.length, index, hits)}
        </span>
      )}
      {typed.q && (
        <span className="@max-xl:hidden flex">
          <Toggle label="Hit before" onPress={search.previous} icon={<ChevronUp size={13} />} />
          <Toggle label="Next hit" onPress={search.next} icon={<ChevronDown size={13} />} />
        </span>
      )}
      <Toggle
        label="Match capital and small letters"
        isOn={typed.case ?? false}
        onPress={() => setTyped({ ...typed, case: !typed.case })}
        icon={<CaseSensitive size={14} />}
      />
      <Toggle
        label="Search by a pattern"
        isOn={typed.regex ?? false}
        onPress={() => setTyped({ ...typed, regex: !typed.regex })}
        icon={<Regex size={12} />}
      />
    </SearchInput>
  );
}

function wordsOf(found: number, index: number, { isSearching, isCut, error }: Props["search"]["hits"]): string {
  if (error) return messageOf(error);
  if (found === 0) return isSearching ? "Searching" : "No line";
  return `${count(index + 1)} of ${count(found)}${isCut || isSearching ? "+" : ""}`;
}

interface ToggleProps {
  label: string;
  isOn?: boolean;
  onPress: () => void;
  icon: React.ReactNode;
}

function Toggle({ label, isOn, onPress, icon }: ToggleProps) {
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={isOn}
      title={label}
      onClick={onPress}
      className="flex size-[18px] flex-none items-center justify-center rounded-1 text-text-3 hover:bg-hover aria-pressed:bg-accent-tint aria-pressed:text-accent pointer-coarse:size-8"
    >
      {icon}
    </button>
  );
}
