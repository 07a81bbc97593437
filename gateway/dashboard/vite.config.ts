/** Builds the page into the folder the gateway serves; `vite dev` passes /v1 on to a gateway on this machine. */
import { defineConfig } from "vitest/config";

const gateway = "http://127.0.0.1:8000";

export default defineConfig({
  base: "./",
  build: {
    outDir: "../static",
    emptyOutDir: true,
    // A strict content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    target: "es2022",
    rollupOptions: {
      input: { index: "index.html", sw: "src/sw.ts" },
      output: {
        // The service worker stands beside the page, under a name that never changes.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  server: { proxy: { "/v1": { target: gateway, ws: true } } },
  test: { include: ["tests/**/*.test.ts"] },
});
