import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { appVersion, bundles, contentSecurity } from './src/cli/page-plugins.ts';

/** No advice about the speed of plugins: it is for their authors. */
const checks = { pluginTimings: false };

export default defineConfig({
  root: 'src',
  appType: 'mpa', // a missing file is a 404, not the page once more
  publicDir: '../public',
  base: './',
  plugins: [svelte({ configFile: false }), bundles(), contentSecurity()],
  define: { __APP_VERSION__: JSON.stringify(appVersion(import.meta.dirname)) },
  worker: { format: 'es', rolldownOptions: { checks } },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'chrome120',
    chunkSizeWarningLimit: 1500, // the virtual phone's worker: a shell and a file system, loaded on demand
    rolldownOptions: {
      checks,
      // headless.html: the worker without the page, for the command line and the tests
      input: ['index.html', 'headless.html'].map((page) => join(import.meta.dirname, 'src', page)),
    },
  },
});
