import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// The pages are one static bundle that the practice server hands out. The card runtime is a classic worker (IIFE),
// because the card bundle is loaded into it with importScripts, which module workers do not have.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  build: {
    outDir: fileURLToPath(new URL('../dist/pages', import.meta.url)),
    emptyOutDir: true,
    sourcemap: false,
    target: 'es2022',
    chunkSizeWarningLimit: 700,
  },
  worker: { format: 'iife' },
});
