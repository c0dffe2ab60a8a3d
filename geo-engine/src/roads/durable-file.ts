import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFailure } from './errors.js';

/**
 * Writes a file so that whoever looks, also after a crash or a power cut, finds the old one or the new one, whole: under
 * another name, synced to the disk, then renamed. Throws RoadsError `disk_full` or `directory_unwritable`; then the old one stands.
 */
export function writeDurably(path: string, parts: Iterable<Uint8Array>): void {
  const unfinished = `${path}.part`;
  try {
    const file = openSync(unfinished, 'w');
    try {
      for (const part of parts) writeAll(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, path);
    syncDirectory(dirname(path));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw writeFailure(path, error);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/** What was renamed in a directory is there after a power cut only when the directory is synced too. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
