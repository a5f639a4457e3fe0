// Runs before the first paint. Sets the theme; `lib/theme.ts` writes the same key.
let chosen = null;
try {
  chosen = JSON.parse(localStorage.getItem("stroem.theme"));
} catch {
  // A browser that forbids storage, or a value of somebody else.
}
const isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = isDark ? "dark" : "light";

// Asks for the files of this page at once, not after those of all pages have run. `scripts/route-files.ts` writes them.
const routes = JSON.parse(document.getElementById("route-files")?.textContent ?? "[]");
const own = routes.filter(([pattern]) => new RegExp(pattern).test(location.pathname));
for (const file of new Set(own.flatMap(([, files]) => files))) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "modulepreload", href: `/${file}`, crossOrigin: "" });
  document.head.append(link);
}
