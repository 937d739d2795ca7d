import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { appVersion, bundles, contentSecurity } from './src/cli/page-plugins.ts';

export default defineConfig({
  root: 'src',
  appType: 'mpa', // a missing file is a 404, not the page once more
  publicDir: '../public',
  base: './',
  plugins: [svelte({ configFile: false }), bundles(), contentSecurity()],
  define: { __APP_VERSION__: JSON.stringify(appVersion(import.meta.dirname)) },
  worker: { format: 'es' },
  build: { outDir: '../dist', emptyOutDir: true, target: 'chrome120', chunkSizeWarningLimit: 1000 },
});
