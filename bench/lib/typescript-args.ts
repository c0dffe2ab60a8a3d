import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Arguments that let a child Node process run TypeScript as this one does. */
export const TYPESCRIPT_ARGS: readonly string[] = [
  '--import',
  pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
];
