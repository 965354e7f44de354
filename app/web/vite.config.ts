import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // Packages hoisted to the root would find the React 18 that the cards need; the workspace is one React 19.
  resolve: {
    dedupe: ['react', 'react-dom'],
    alias: { '@counterpart/app': path.resolve(import.meta.dirname, '..') },
  },
  build: { outDir: 'dist', emptyOutDir: true, sourcemap: false, chunkSizeWarningLimit: 900 },
});
