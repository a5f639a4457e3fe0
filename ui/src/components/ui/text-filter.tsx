import { useEffect, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { SearchInput } from "./input";
import { Kbd } from "./kbd";

interface Props {
  value: string;
  onChange: (value: string) => void;
  placeholder: string;
  field?: React.RefObject<HTMLInputElement | null>;
  className?: string;
}

/** The text that is looked for, passed on when typing rests for a moment. */
export function TextFilter({ value, onChange, placeholder, field, className }: Props) {
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => latest.current(text), 250);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <SearchInput
      ref={field}
      value={text}
      onChange={(event) => setText(event.target.value)}
      placeholder={placeholder}
      className={cn("w-[236px] flex-none", className)}
    >
      <Kbd>/</Kbd>
    </SearchInput>
  );
}
