import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import type { Rolldown } from "vite";
import { defineConfig } from "vitest/config";
import { routeFiles } from "./scripts/route-files.ts";

const server = process.env.STROEM_SERVER ?? "http://127.0.0.1:8080";
const proxied = { target: server, ws: true, changeOrigin: true, headers: { Origin: server } };

/**
 * Few files, each of which most pages need: packages and the frame, which every page loads first; icons; small pieces;
 * controls with the packages behind them; lists of any length. What fewer than three pages share has files of its own,
 * as Vite finds it. A group takes what its modules import, unless a group before it has that already.
 */
const CONTROLS =
  "checkbox|choice|choice-chip|dialog|field|form-dialog|input|menu|popover|reason-dialog|segments|select|switch|text-filter|trigger-acts|workspace-chip";
const SHARED = [
  { name: "packages", test: /node_modules/, tags: ["$initial" as const] },
  { name: "frame", tags: ["$initial" as const] },
  { name: "icons", test: /lucide-react/, minShareCount: 2 },
  {
    name: "pieces",
    test: new RegExp(`src/(api|lib|components/ui)/(?!(${CONTROLS})\\.tsx|use-rows)[^/]+$`),
    minShareCount: 3,
  },
  { name: "controls", test: new RegExp(`@radix-ui|@floating-ui|components/ui/(${CONTROLS})\\.tsx`), minShareCount: 3 },
  { name: "lists", test: /virtual-core|react-virtual|use-rows-in-view|[iI]nfinite-?[qQ]uery/, minShareCount: 3 },
];

/** Whether most of a file runs when its page opens: chromium then compiles all of it while it is loaded, in a thread. */
function isRunAtOnce({ name, isEntry, facadeModuleId }: Rolldown.RenderedChunk): boolean {
  return isEntry || ["packages", "pieces", "lists"].includes(name) || !!facadeModuleId?.includes("tsr-split=component");
}

export default defineConfig({
  plugins: [tanstackRouter({ target: "react" }), react(), tailwindcss(), routeFiles()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1600,
    rolldownOptions: {
      output: {
        postBanner: (chunk) => (isRunAtOnce(chunk) ? "//# allFunctionsCalledOnLoad" : ""),
        codeSplitting: { groups: SHARED.map((group, place) => ({ ...group, priority: SHARED.length - place })) },
      },
    },
  },
  server: { proxy: { "/api": proxied, "/hooks": proxied, "/healthz": proxied, "^/approvals/.+": proxied } },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
