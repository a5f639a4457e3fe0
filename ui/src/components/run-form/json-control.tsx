import { useEffect, useState } from "react";
import { messageOf } from "@/api/error";
import { Textarea } from "@/components/ui/input";
import { cn } from "@/lib/cn";
import { formatJson, parseJson } from "@/lib/json";

interface Props {
  value: unknown;
  onChange: (value: unknown) => void;
  /** Told whenever the text becomes JSON or ceases to be. */
  onMistake?: (mistake: string | undefined) => void;
  className?: string;
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

/** A value as JSON. A text that is no JSON yet changes nothing, and says why below. */
export function JsonControl({ value, onChange, onMistake, className, ...aria }: Props) {
  const [text, setText] = useState(() => formatJson(value));
  const [mistake, setMistake] = useState<string>();
  useEffect(() => {
    if (mistake === undefined && !isSame(text, value)) setText(formatJson(value));
  }, [value, text, mistake]);
  const tell = (next: string | undefined) => {
    setMistake(next);
    onMistake?.(next);
  };
  const type = (next: string) => {
    setText(next);
    try {
      onChange(next.trim() ? parseJson(next) : undefined);
      tell(undefined);
    } catch (error) {
      tell(messageOf(error));
    }
  };
  return (
    <>
      <Textarea
        rows={5}
        spellCheck={false}
        className={cn("font-mono text-12", className)}
        value={text}
        onChange={(event) => type(event.target.value)}
        {...aria}
        aria-invalid={mistake ? true : aria["aria-invalid"]}
      />
      {mistake && <p className="text-12 text-failed">No JSON yet: {mistake}</p>}
    </>
  );
}

function isSame(text: string, value: unknown): boolean {
  try {
    return formatJson(text.trim() ? parseJson(text) : undefined, 0) === formatJson(value, 0);
  } catch {
    return false;
  }
}
