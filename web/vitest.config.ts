import { defineConfig } from "vitest/config";
import { world } from "./plugins/world";

export default defineConfig({ plugins: [world()], test: { include: ["tests/**/*.test.ts"] } });
