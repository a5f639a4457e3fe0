import { useEffect, useState } from "react";
import { messageOf } from "@/api/error";
import { Textarea } from "@/components/ui/input";
import { cn } from "@/lib/cn";
import { formatJson, parseJson } from "@/lib/json";

interface Props {
  value: unknown;
  onChange: (value: unknown) => void;
  /** A text that is no JSON yet, which is shown instead of the value. */
  unfinished?: string;
  /** Told the text while it is no JSON, and nothing once it is. */
  onUnfinished: (text: string | undefined) => void;
  className?: string;
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

/** A value as JSON. A text that is no JSON yet changes nothing, and says why below. */
export function JsonControl({ value, onChange, unfinished, onUnfinished, className, ...aria }: Props) {
  const [text, setText] = useState(() => formatJson(value));
  const mistake = unfinished === undefined ? undefined : mistakeOf(unfinished);
  useEffect(() => {
    if (unfinished === undefined && !isSame(text, value)) setText(formatJson(value));
  }, [value, text, unfinished]);
  const type = (next: string) => {
    const isFinished = mistakeOf(next) === undefined;
    onUnfinished(isFinished ? undefined : next);
    if (!isFinished) return;
    setText(next);
    onChange(valueIn(next));
  };
  return (
    <>
      <Textarea
        rows={5}
        spellCheck={false}
        className={cn("font-mono text-12", className)}
        value={unfinished ?? text}
        onChange={(event) => type(event.target.value)}
        {...aria}
        aria-invalid={mistake ? true : aria["aria-invalid"]}
      />
      {mistake && <p className="text-12 text-failed">No JSON yet: {mistake}</p>}
    </>
  );
}

function valueIn(text: string): unknown {
  return text.trim() ? parseJson(text) : undefined;
}

function mistakeOf(text: string): string | undefined {
  try {
    valueIn(text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function isSame(text: string, value: unknown): boolean {
  return formatJson(valueIn(text), 0) === formatJson(value, 0);
}
