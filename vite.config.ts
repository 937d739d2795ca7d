import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'src',
  publicDir: '../public',
  base: './',
  plugins: [svelte()],
  worker: { format: 'es' },
  build: { outDir: '../dist', emptyOutDir: true, target: 'chrome120', chunkSizeWarningLimit: 1000 },
});
