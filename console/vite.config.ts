import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { baseMap } from './base-map-plugin.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const TRACKER = process.env.TRACKER_URL ?? 'http://127.0.0.1:8112';
/** Pages of their own; a page that is not there is left out. */
const PAGES = ['./index.html', './crew-app/index.html'];

export default defineConfig({
  root: here('.'),
  plugins: [react(), baseMap()],
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 2500,
    rollupOptions: { input: PAGES.map(here).filter(existsSync) },
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/healthz', '/readyz', '/metrics', '/socket.io', '/crew'].map((path) => [
        path === '/crew' ? '^/crew$' : path,
        { target: TRACKER, ws: true },
      ]),
    ),
  },
});
