// Sets the theme before the first paint. `lib/theme.ts` writes the same key.
let chosen = null;
try {
  chosen = JSON.parse(localStorage.getItem("stroem.theme"));
} catch {
  // A browser that forbids storage, or a value of somebody else.
}
const isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = isDark ? "dark" : "light";
