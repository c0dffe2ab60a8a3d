import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { z } from 'zod';
import { syncDirectory, writeDurably } from './durable-file.js';
import { RoadsError, writeFailure } from './errors.js';
import { Profiles, type VehicleProfile } from './vehicle-profile.js';

// A roads directory: one folder a generation (a network and the hierarchies of its profiles), and current.json, which names
// the generation in use. A generation is complete before current.json is replaced, so an import that fails or is killed
// leaves the old roads in use.

const CURRENT = 'current.json';
const LOCK = 'import.lock';
/** Where an import works until it is done. */
const UNFINISHED = 'importing';
const GENERATION_NAME = /^[0-9a-f]{64}(-\d+)?$/;

const Current = z.object({
  version: z.literal(1),
  generation: z.string().regex(GENERATION_NAME),
  /** Kept on disk for who is still reading it, and to go back to by hand. */
  previous: z.string().regex(GENERATION_NAME).nullable(),
  networkId: z.string().regex(/^[0-9a-f]{64}$/),
  source: z.string(),
  importedAt: z.number(),
  profiles: Profiles,
});

/** What current.json says: the generation in use and the profiles that it has hierarchies for. */
export interface CurrentRoads {
  readonly version: 1;
  readonly generation: string;
  readonly previous: string | null;
  readonly networkId: string;
  readonly source: string;
  readonly importedAt: number;
  readonly profiles: readonly VehicleProfile[];
}

/** The generation in use, or undefined where nothing was ever imported. Throws RoadsError `generation_invalid`. */
export function currentRoads(dir: string): CurrentRoads | undefined {
  const path = join(dir, CURRENT);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new RoadsError('generation_invalid', `cannot read ${path}: ${(cause as Error).message}`, cause);
  }
  let current: CurrentRoads;
  try {
    current = Current.parse(JSON.parse(text));
  } catch (cause) {
    throw new RoadsError('generation_invalid', `${path} cannot be read: import a map again`, cause);
  }
  if (!existsSync(join(dir, current.generation))) {
    throw new RoadsError('generation_invalid', `${path} names ${current.generation}, which is not there`);
  }
  return current;
}

export function networkPath(dir: string, generation: string): string {
  return join(dir, generation, 'network.bin');
}

export function hierarchyPath(dir: string, generation: string, profile: string): string {
  return join(dir, generation, `${profile}.hierarchy.bin`);
}

/**
 * One import into a roads directory. Only one runs at a time: the lock is the operating system's and ends with the process.
 * Ends with `commit` or `abandon`.
 */
export class RoadsImport {
  readonly #dir: string;
  /** Open for as long as the import runs. */
  readonly #lock: number;

  private constructor(dir: string, lock: number) {
    this.#dir = dir;
    this.#lock = lock;
  }

  /** Takes the lock and clears away what killed imports left. Throws `import_running`, `disk_full`, `directory_unwritable`. */
  static begin(dir: string): RoadsImport {
    let lock: number | undefined;
    try {
      mkdirSync(dir, { recursive: true });
      lock = openSync(join(dir, LOCK), 'a+');
      if (!tryLock(lock)) throw new RoadsError('import_running', `another import is working in ${dir}`);
      const started = new RoadsImport(dir, lock);
      started.#removeLeftovers();
      mkdirSync(join(dir, UNFINISHED));
      return started;
    } catch (error) {
      if (lock !== undefined) closeSync(lock);
      throw writeFailure(dir, error);
    }
  }

  /** Where the network of the new generation is written. */
  get networkPath(): string {
    return networkPath(this.#dir, UNFINISHED);
  }

  /** Where the hierarchy of one of its profiles is written. */
  hierarchyPath(profile: string): string {
    return hierarchyPath(this.#dir, UNFINISHED, profile);
  }

  /**
   * Puts the new generation into use and ends the import. The one before it stays on disk, older ones go. When it throws
   * (`disk_full`, `directory_unwritable`) the old one is still in use.
   */
  commit(made: Pick<CurrentRoads, 'networkId' | 'source' | 'importedAt' | 'profiles'>): CurrentRoads {
    const before = readable(this.#dir);
    // the same map may be imported again, with other profiles: what is in use is never written over
    let generation = made.networkId;
    for (let n = 2; existsSync(join(this.#dir, generation)); n++) generation = `${made.networkId}-${n}`;
    const current: CurrentRoads = { version: 1, generation, previous: before?.generation ?? null, ...made };
    try {
      renameSync(join(this.#dir, UNFINISHED), join(this.#dir, generation));
      syncDirectory(this.#dir);
      writeDurably(join(this.#dir, CURRENT), [Buffer.from(`${JSON.stringify(current, null, 2)}\n`)]);
    } catch (error) {
      throw writeFailure(this.#dir, error);
    }
    this.#removeLeftovers();
    closeSync(this.#lock);
    return current;
  }

  /** Ends the import without a result. The generation in use stays. */
  abandon(): void {
    this.#removeLeftovers();
    closeSync(this.#lock);
  }

  /** What no import works on and current.json does not name. */
  #removeLeftovers(): void {
    const current = readable(this.#dir);
    // generations that an unreadable current.json may have named stay: somebody may want to mend it
    const isLost = current === undefined && existsSync(join(this.#dir, CURRENT));
    for (const name of readdirSync(this.#dir)) {
      const isUnused =
        GENERATION_NAME.test(name) && !isLost && name !== current?.generation && name !== current?.previous;
      if (name === UNFINISHED || isUnused) rmSync(join(this.#dir, name), { recursive: true, force: true });
    }
  }
}

function readable(dir: string): CurrentRoads | undefined {
  try {
    return currentRoads(dir);
  } catch {
    return undefined;
  }
}
