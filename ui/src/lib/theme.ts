import { useSyncExternalStore } from "react";
import { store, stored } from "./storage";

const THEMES = ["light", "dark", "system"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "theme";
const media = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
const isTheme = (value: unknown): value is Theme => THEMES.some((theme) => theme === value);
let chosen: Theme = stored(KEY, isTheme, "system");

/** The theme that was chosen here; `system` when none was. */
function chosenTheme(): Theme {
  return chosen;
}

/** Chooses a theme and shows it at once. A browser that forbids storage keeps it until the page is left. */
export function chooseTheme(theme: Theme): void {
  chosen = theme;
  store(KEY, theme === "system" ? undefined : theme);
  apply();
}

/** The chosen theme, live. */
export function useChosenTheme(): Theme {
  return useSyncExternalStore(subscribe, chosenTheme);
}

/** The theme that is shown, after `system` was resolved. */
function shownTheme(): "light" | "dark" {
  return chosen === "system" ? (media.matches ? "dark" : "light") : chosen;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function apply(): void {
  document.documentElement.dataset.theme = shownTheme();
  for (const listener of listeners) listener();
}

media.addEventListener("change", apply);
