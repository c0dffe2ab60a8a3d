import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { baseMap } from './base-map-plugin.js';
import { crewServiceWorker } from './crew-app/service-worker-plugin.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const TRACKER = process.env.TRACKER_URL ?? 'http://127.0.0.1:8112';
/** The dispatcher's desk, and the crew's page. */
const PAGES = ['./index.html', './crew-app/index.html'];

export default defineConfig({
  root: here('.'),
  plugins: [react(), baseMap(), crewServiceWorker()],
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 2500,
    rollupOptions: { input: PAGES.map(here) },
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
