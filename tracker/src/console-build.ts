import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CONSOLE = fileURLToPath(new URL('../../console/', import.meta.url));
const DIST = join(CONSOLE, 'dist');
const BUILT = join(DIST, 'index.html');
const VITE = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url));

/** True when the console has no build, or one older than its sources. */
function isOutdated(): boolean {
  if (!existsSync(BUILT)) return true;
  const builtAt = statSync(BUILT).mtimeMs;
  return readdirSync(CONSOLE, { recursive: true, withFileTypes: true }).some(
    (entry) =>
      entry.isFile() &&
      !entry.parentPath.startsWith(DIST) &&
      statSync(join(entry.parentPath, entry.name)).mtimeMs > builtAt,
  );
}

/** Builds the console if needed, in a process of its own. @throws Error with the last lines of the build when it fails */
export async function buildConsole(progress: (text: string) => void): Promise<void> {
  if (!isOutdated()) return;
  progress('building the console (about 10 s, once)');
  // built beside and moved into place, so that nobody is served half of it, also where two start at once
  const fresh = join(CONSOLE, `dist-${process.pid}`);
  const child = spawn(
    process.execPath,
    [VITE, 'build', CONSOLE, '--logLevel', 'warn', '--outDir', fresh, '--emptyOutDir'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // what is built serves people, whatever the process that builds it is for
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2000);
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code === 0) {
    const old = `${fresh}-old`;
    if (existsSync(DIST)) await rename(DIST, old);
    await rename(fresh, DIST).catch(() => {}); // the other one that started was first
    await rm(old, { recursive: true, force: true });
  }
  await rm(fresh, { recursive: true, force: true });
  if (code !== 0) throw new Error(`the console could not be built: ${output}`);
}
