import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark" | "system";

const KEY = "stroem.theme";
const media = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

/** The theme that was chosen here; `system` when none was. */
function chosenTheme(): Theme {
  const theme = localStorage.getItem(KEY);
  return theme === "dark" || theme === "light" ? theme : "system";
}

/** Chooses a theme and shows it at once. */
export function chooseTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  apply();
}

/** The chosen theme, live. */
export function useChosenTheme(): Theme {
  return useSyncExternalStore(subscribe, chosenTheme);
}

/** The theme that is shown, after `system` was resolved. */
function shownTheme(): "light" | "dark" {
  const theme = chosenTheme();
  return theme === "system" ? (media.matches ? "dark" : "light") : theme;
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
