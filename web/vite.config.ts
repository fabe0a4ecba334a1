import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { first } from "./plugins/first.ts";
import { world } from "./plugins/world.ts";

const server = process.env.VERASCOPE_DEV_SERVER ?? "http://127.0.0.1:8001";
const proxied = [
  "/api",
  "/predict",
  "/info",
  "/health",
  "/analytics",
  "/export",
  "/docs",
  "/demo/api",
  "/demo/predict",
  "/demo/info",
  "/demo/health",
];

export default defineConfig({
  base: "/dashboard/",
  plugins: [react(), world(), first()],
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, server])) },
  build: {
    outDir: "../verascope/web_dist",
    emptyOutDir: true,
    target: "es2022",
    // Inlined assets would be data: addresses, which the content security policy refuses.
    assetsInlineLimit: 0,
    // ECharts is one lazy chunk of known size.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // One file for what every page needs: over a busy connection two dozen small ones come later than one.
          groups: [
            { name: "first", test: /src\/first\.ts$/, priority: 2 },
            { name: "main", tags: ["$initial"], priority: 1 },
          ],
        },
      },
    },
  },
});
