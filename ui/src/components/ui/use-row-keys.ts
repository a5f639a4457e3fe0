import { useEffect, useState } from "react";
import { useShortcuts } from "@/lib/keys";

interface Props {
  /** The heading under which the keys are listed: "Triggers". */
  group: string;
  /** What a row is: "trigger". */
  noun: string;
  count: number;
  onOpen: (index: number) => void;
}

/** J and K move through rows, Enter opens one. Returns the row that the keys are at, or -1, and puts them at another. */
export function useRowKeys({ group, noun, count, onOpen }: Props): [number, (index: number) => void] {
  const [current, setCurrent] = useState(-1);
  const index = Math.min(current, count - 1);
  const move = (step: number) => setCurrent(Math.min(Math.max(index + step, 0), count - 1));
  useShortcuts([
    { keys: "j", label: `Next ${noun}`, group, run: () => move(1) },
    { keys: "k", label: `The ${noun} before`, group, run: () => move(-1) },
    { keys: "Enter", label: `Open the ${noun}`, group, run: () => index >= 0 && onOpen(index) },
  ]);
  useEffect(() => {
    if (index >= 0) document.querySelector("[data-current]")?.scrollIntoView({ block: "nearest" });
  }, [index]);
  return [index, setCurrent];
}
