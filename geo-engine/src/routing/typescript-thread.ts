import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * A worker thread that runs a TypeScript module as this process does. Node 20 gives a thread neither the module hooks of its parent nor
 * those of `--import`, so the thread registers tsx itself before it imports the module.
 */
export function startThread(module: URL, workerData?: unknown): Worker {
  const tsx = new URL('esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx')));
  const boot =
    `import { register } from ${JSON.stringify(tsx.href)};` +
    `register(); await import(${JSON.stringify(module.href)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(boot)}`), { workerData });
}
