import { defineConfig } from "vitest/config";
import { world } from "./plugins/world.ts";

export default defineConfig({ plugins: [world()], test: { include: ["tests/**/*.test.ts"] } });
