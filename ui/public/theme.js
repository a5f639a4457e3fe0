// Sets the theme before the first paint. `lib/theme.ts` writes the same key.
const chosen = localStorage.getItem("stroem.theme");
const isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = isDark ? "dark" : "light";
