import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte({ configFile: false })], // classes with runes: src/ui/*.svelte.ts
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    testTimeout: 30_000,
    // Many wait for a device or a browser: one worker, the default on two cores, leaves a core idle.
    maxWorkers: 2,
  },
});
