import { useEffect, useRef, useSyncExternalStore } from "react";
import { isFlag, store, stored } from "./storage";

/** A key or a sequence of two (`g j`) with what it does. `ctrl+` stands before keys that are held with Control or Command. */
export interface Shortcut {
  keys: string;
  label: string;
  group: string;
  run: (event: KeyboardEvent) => void;
  whileTyping?: boolean;
}

const SEQUENCE_MS = 1200;
const active = new Map<symbol, Shortcut>();
const listeners = new Set<() => void>();
let shown: Shortcut[] = [];
let pending = "";
let pendingSince = 0;

/**
 * Registers shortcuts while the component is mounted. A sequence that has been begun comes before single keys, a later
 * shortcut before an earlier one with the same keys.
 */
export function useShortcuts(shortcuts: Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  const names = shortcuts.map((shortcut) => `${shortcut.keys}\n${shortcut.label}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names say when the set of keys changes
  useEffect(() => {
    const ids = latest.current.map((shortcut, index) => {
      const id = Symbol(shortcut.keys);
      active.set(id, { ...shortcut, run: (event) => latest.current[index]?.run(event) });
      return id;
    });
    changed();
    return () => {
      for (const id of ids) active.delete(id);
      changed();
    };
  }, [names]);
}

/** The shortcuts that work now, for the page of keys: of several with the same keys the one that runs. */
export function useActiveShortcuts(): Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}

/** Whether keys without Control do anything; Settings switches them off. */
export function singleKeysOn(): boolean {
  return stored("singleKeys", isFlag, true);
}

export function setSingleKeys(on: boolean): void {
  store("singleKeys", on);
}

function changed(): void {
  shown = [...new Map([...active.values()].map((shortcut) => [shortcut.keys, shortcut])).values()];
  for (const listener of listeners) listener();
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Whether the key is that which presses the focused button or link. */
function isPress(name: string, target: EventTarget | null): boolean {
  return /^(Enter|Space)$/.test(name) && target instanceof Element && target.closest("a, button, summary") !== null;
}

function nameOf(event: KeyboardEvent): string {
  const key = event.key === " " ? "Space" : event.key;
  const held = event.ctrlKey || event.metaKey ? "ctrl+" : "";
  return held + (event.shiftKey && key.length > 1 ? `shift+${key}` : key);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const name = nameOf(event);
  if (isPress(name, event.target)) return;
  const typing = isTyping(event.target);
  const isHeld = name.startsWith("ctrl+");
  if (!isHeld && !singleKeysOn() && name.length === 1) return;
  if (document.querySelector("[role=dialog],[role=alertdialog],[role=menu],[role=listbox]") && !isHeld) return;
  const sequence = Date.now() - pendingSince < SEQUENCE_MS ? `${pending} ${name}` : "";
  const all = [...active.values()].reverse();
  const works = (keys: string) =>
    all.find((shortcut) => shortcut.keys === keys && (!typing || shortcut.whileTyping || isHeld));
  const found = works(sequence) ?? works(name);
  const isBegun = all.some((shortcut) => shortcut.keys.startsWith(`${name} `));
  pending = typing || (found && !(found.keys === name && isBegun)) ? "" : name;
  pendingSince = Date.now();
  if (!found) return;
  event.preventDefault();
  found.run(event);
}

window.addEventListener("keydown", onKeyDown);
