import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What names the generation in use; the import replaces it by rename. */
const NAME = 'current.json';

/**
 * The file of a roads directory that names the generation in use. The system tells of changes on local disks; where it does not, or
 * while the directory is not there yet, whoever asks now and then finds them too.
 */
export class CurrentFile {
  readonly #dir: string;
  readonly #onChange: () => void;
  #watcher: FSWatcher | undefined;

  constructor(dir: string, onChange: () => void) {
    this.#dir = dir;
    this.#onChange = onChange;
  }

  /** Its text, or undefined while there is none. @throws the file system's error when it is there and cannot be read */
  async read(): Promise<string | undefined> {
    this.#watch();
    try {
      return await readFile(join(this.#dir, NAME), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #watch(): void {
    if (this.#watcher !== undefined) return;
    try {
      const watcher = watch(this.#dir, { persistent: false }, (_event, name) => {
        if (name === null || name === NAME) this.#onChange();
      });
      watcher.on('error', () => this.close());
      this.#watcher = watcher;
    } catch {
      // not there yet, or no watches left: the next read tries again
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
