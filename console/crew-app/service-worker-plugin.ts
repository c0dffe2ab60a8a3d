import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const SOURCE = fileURLToPath(new URL('./src/service-worker.ts', import.meta.url));
const FILE = 'crew-app/service-worker.js';
const PAGE = 'crew-app/index.html';

/**
 * Builds the crew page's service worker beside the page, under a name of its own: a worker governs only what lies below it, and a
 * browser finds a new version under the old name. Its files are those that the built page names.
 */
export function crewServiceWorker(): Plugin {
  return {
    name: 'crew-service-worker',
    apply: 'build',
    enforce: 'post',
    buildStart() {
      this.emitFile({ type: 'chunk', id: SOURCE, fileName: FILE });
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const page = bundle[PAGE];
        const worker = bundle[FILE];
        if (page?.type !== 'asset' || worker?.type !== 'chunk') throw new Error(`the build has no ${PAGE} or ${FILE}`);
        const html = String(page.source);
        const named = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1]!);
        const files = ['/crew-app/', ...new Set(named)];
        // names carry the hash of what they name, so the page's text stands for all
        const version = createHash('sha256').update(html).digest('hex').slice(0, 12);
        worker.code = `const CREW_APP_VERSION=${JSON.stringify(version)},CREW_APP_FILES=${JSON.stringify(files)};\n${worker.code}`;
      },
    },
  };
}
