import { useShortcuts } from "@/lib/keys";

interface Actions {
  follow: () => void;
  wrap: () => void;
  fold: () => void;
  search: () => void;
  start: () => void;
  end: () => void;
  link: () => void;
  /** Leaves the full width; undefined when it is not shown so. */
  leave: (() => void) | undefined;
}

/** The keys of a log. */
export function useLogKeys(actions: Actions): void {
  const group = "Log";
  useShortcuts([
    { keys: "f", label: "Follow the end", group, run: actions.follow },
    { keys: "w", label: "Wrap long lines", group, run: actions.wrap },
    { keys: "z", label: "Fold all groups", group, run: actions.fold },
    { keys: "ctrl+f", label: "Search the log", group, run: actions.search },
    { keys: "Home", label: "Start of the log", group, run: actions.start },
    { keys: "End", label: "End of the log", group, run: actions.end },
    { keys: "l", label: "Copy a link to the line", group, run: actions.link },
    ...(actions.leave ? [{ keys: "Escape", label: "Leave the full width", group, run: actions.leave }] : []),
  ]);
}
