import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

interface Chunk {
  fileName: string;
  imports: string[];
  facadeModuleId: string | null;
}

/**
 * Writes the files of each route into the page, as data: patterns of paths with names of files. `public/start.js` asks
 * for those of the path that is opened, while the browser still reads the files that all pages need.
 */
export function routeFiles(): Plugin {
  return {
    name: "stroem:route-files",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {}, chunk: entry }) {
        const chunks = new Map<string, Chunk>();
        for (const file of Object.values(bundle)) if (file.type === "chunk") chunks.set(file.fileName, file);
        const first = filesOf(entry?.fileName ?? "", chunks, new Set());
        const routes: [pattern: string, files: string[]][] = [];
        for (const { fileName, facadeModuleId } of chunks.values()) {
          const [source, query] = facadeModuleId?.split("?") ?? [];
          if (!source || !query?.includes("tsr-split=component")) continue;
          const files = filesOf(fileName, chunks, new Set(first));
          routes.push([patternOf(source), [...files].filter((file) => !first.has(file))]);
        }
        const attrs = { type: "application/json", id: "route-files" };
        return [{ tag: "script", attrs, children: JSON.stringify(routes), injectTo: "head-prepend" }];
      },
    },
  };
}

/** The files that a file imports, and those that they import, with itself; added to those that are known. */
function filesOf(file: string, chunks: Map<string, Chunk>, known: Set<string>): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  for (const imported of chunks.get(file)?.imports ?? []) filesOf(imported, chunks, known);
  return known;
}

/** A regular expression for the paths of the route that a file makes, and of those within it unless it is an index. */
function patternOf(source: string): string {
  const path = readFileSync(source, "utf8").match(/createFileRoute\("([^"]+)"\)/)?.[1];
  if (!path) throw new Error(`${source} makes no route`);
  const end = path.endsWith("/") ? "/?$" : "(/|$)";
  return `^${path.replace(/\/$/, "").replace(/\$$/, ".+").replace(/\$\w+/g, "[^/]+")}${end}`;
}
