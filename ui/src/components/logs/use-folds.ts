import { useCallback, useMemo, useState } from "react";
import { firstFrom } from "./group-marks";
import { type Group, groupAt, groupsOf, hiddenSpans } from "./groups";
import type { LogModel } from "./log-model";
import type { Span } from "./row-map";

interface Folds {
  /** What holds for all that were not pressed; null: those open that have an error, or that are being written. */
  all: boolean | null;
  pressed: ReadonlyMap<number, boolean>;
}

const DEFAULT: Folds = { all: null, pressed: new Map() };

/** The groups of a log and which of them are open. */
export function useFolds(model: LogModel, isLive: boolean, isFailed: boolean, errors: readonly number[]) {
  const [folds, setFolds] = useState(DEFAULT);
  const { starts, ends } = model.marks;
  const total = model.total;
  const groups = useMemo(() => groupsOf(starts, ends, total), [starts, ends, total]);
  const isOpen = useCallback(
    (group: Group) => {
      const pressed = folds.pressed.get(group.first) ?? folds.all;
      if (pressed !== null) return pressed;
      if (!group.hasEnd && group.last === total - 1 && (isLive || isFailed)) return true;
      return isFailed && (errors[firstFrom(errors, group.first)] ?? Number.POSITIVE_INFINITY) <= group.last;
    },
    [folds, total, isLive, isFailed, errors],
  );
  const hidden = useMemo<Span[]>(() => hiddenSpans(groups, isOpen), [groups, isOpen]);
  const set = useCallback(
    (group: Group, open: boolean) =>
      setFolds(({ all, pressed }) => ({ all, pressed: new Map(pressed).set(group.first, open) })),
    [],
  );
  const foldAll = () => setFolds({ all: !groups.some(isOpen), pressed: new Map() });
  /** Opens the group in which a line is. */
  const reveal = (line: number) => {
    const group = groupAt(groups, line);
    if (group && group.first !== line && !isOpen(group)) set(group, true);
  };
  return { groups, hidden, isOpen, set, foldAll, reveal };
}
