import { useEffect, useState } from "react";

const REST_MS = 180;

/** The text once typing has rested for a moment. */
export function useSettled<Text extends string | null>(text: Text): Text {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
