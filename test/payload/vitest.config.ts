import { defineConfig } from 'vitest/config';

/** `npm run test:payload`: also what takes minutes. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.{test,slow}.ts'],
    fileParallelism: false, // emulation is slow enough without company
    testTimeout: 60_000,
  },
});
