import { readFile } from 'node:fs/promises';
import type { MiddlewareHandler } from 'hono';
import { getMimeType } from 'hono/utils/mime';

/** Names that a build gives by content, so that they may be kept for ever. */
const HASHED = /-[A-Za-z0-9_-]{8,}\.\w+$/;

/** Serves the files of a folder; `/` and `/crew-app` are pages of their own. Nothing outside the folder can be named. */
export function staticFiles(folder: URL): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.path === '/crew-app') return c.redirect('/crew-app/', 308);
    const path = c.req.path === '/' || c.req.path === '/crew-app/' ? `${c.req.path}index.html` : c.req.path;
    if (!/^(\/[\w.-]+)+$/.test(path) || path.includes('..')) return next();
    let content: Buffer;
    try {
      content = await readFile(new URL(`.${path}`, folder));
    } catch {
      return next();
    }
    return c.body(new Uint8Array(content), 200, {
      'content-type': getMimeType(path) ?? 'application/octet-stream',
      'cache-control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  };
}
