import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { writeDurably } from './durable-file.js';
import { RoadsError } from './errors.js';

// Arrays on disk: magic, version, length of the header, header (JSON), the arrays as they lie in memory (little-endian, as every
// machine that Node runs on), SHA-256 of all before it. So what was cut off, changed or never ours is refused before it is used.

/** A kind of such files. */
export interface SealedKind {
  /** Eight bytes. */
  readonly magic: string;
  readonly version: number;
  /** Begins its error codes: `network_missing`, `not_a_network` … */
  readonly code: 'network' | 'hierarchy';
  /** What it is called in messages. */
  readonly what: string;
}

const PREFIX_BYTES = 16;
const SUM_BYTES = 32;
/** A header is a kilobyte or two. */
const MOST_HEADER_BYTES = 1024 * 1024;

/** Writes a file, whole or not at all. Throws RoadsError `disk_full` or `directory_unwritable`; then what was there before still is. */
export function writeSealed(path: string, kind: SealedKind, header: object, arrays: readonly Uint8Array[]): void {
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(kind.magic, 'latin1');
  prefix.writeUInt32LE(kind.version, kind.magic.length);
  prefix.writeUInt32LE(text.length, kind.magic.length + 4);
  const parts = [prefix, text, ...arrays];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  writeDurably(path, [...parts, hash.digest()]);
}

/** How to read the rest of a file whose header is known. */
export interface SealedContents<Contents> {
  /** Bytes of all arrays: compared with the file before anything of that size is allocated. */
  readonly byteLength: number;
  /** The contents, and their arrays as bytes in the order of the file, to be filled. */
  allocate(): { readonly contents: Contents; readonly arrays: readonly Uint8Array[] };
}

/**
 * Reads a file. `open` is given the header as it was written, not yet trusted; what it throws counts as a damaged header unless it is a
 * RoadsError. Throws RoadsError: `…_missing`, `…_unreadable`, `not_a_…`, `…_version`, `…_truncated`, `…_corrupt`.
 */
export function readSealed<Contents>(
  path: string,
  kind: SealedKind,
  open: (header: unknown) => SealedContents<Contents>,
): Contents {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new RoadsError(
      missing ? `${kind.code}_missing` : `${kind.code}_unreadable`,
      `cannot open ${path}: ${(cause as Error).message}`,
      cause,
    );
  }
  try {
    return new SealedReader(path, kind, file).read(open);
  } finally {
    closeSync(file);
  }
}

class SealedReader {
  readonly #path: string;
  readonly #kind: SealedKind;
  readonly #file: number;
  readonly #byteLength: number;
  readonly #hash = createHash('sha256');
  #at = 0;

  constructor(path: string, kind: SealedKind, file: number) {
    this.#path = path;
    this.#kind = kind;
    this.#file = file;
    this.#byteLength = fstatSync(file).size;
  }

  read<Contents>(open: (header: unknown) => SealedContents<Contents>): Contents {
    const { byteLength, allocate } = this.#header(open);
    const end = this.#at + byteLength + SUM_BYTES;
    if (end > this.#byteLength) throw this.#truncated();
    if (end < this.#byteLength) throw this.#corrupt('it is longer than it says');
    const { contents, arrays } = allocate();
    for (const bytes of arrays) this.#take(bytes);
    const expected = this.#hash.digest();
    const sum = Buffer.alloc(SUM_BYTES);
    this.#readInto(sum);
    if (!expected.equals(sum)) throw this.#corrupt('its sum is wrong');
    return contents;
  }

  #header<Contents>(open: (header: unknown) => SealedContents<Contents>): SealedContents<Contents> {
    const { magic, version, code, what } = this.#kind;
    const head = Math.min(PREFIX_BYTES, this.#byteLength);
    const prefix = Buffer.from(this.#take(new Uint8Array(head)));
    const ours = Buffer.from(magic, 'latin1');
    if (!prefix.subarray(0, ours.length).equals(ours)) {
      const isBeginning = prefix.equals(ours.subarray(0, prefix.length));
      throw isBeginning ? this.#truncated() : new RoadsError(`not_a_${code}`, `${this.#path} is not a ${what}`);
    }
    if (head < PREFIX_BYTES) throw this.#truncated();
    const found = prefix.readUInt32LE(ours.length);
    if (found !== version) {
      throw new RoadsError(
        `${code}_version`,
        `${this.#path} has version ${found}, this program reads ${version}: import the map again`,
      );
    }
    const length = prefix.readUInt32LE(ours.length + 4);
    if (length > MOST_HEADER_BYTES) throw this.#corrupt(`its header has ${length} bytes`);
    if (this.#at + length > this.#byteLength) throw this.#truncated();
    const text = Buffer.from(this.#take(new Uint8Array(length))).toString();
    try {
      return open(JSON.parse(text));
    } catch (cause) {
      if (cause instanceof RoadsError) throw cause;
      throw this.#corrupt('its header cannot be read', cause);
    }
  }

  /** Fills the array with the next bytes of the file and adds them to the sum. */
  #take(bytes: Uint8Array): Uint8Array {
    this.#readInto(bytes);
    this.#hash.update(bytes);
    return bytes;
  }

  #readInto(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      let count: number;
      try {
        count = readSync(this.#file, bytes, done, bytes.length - done, this.#at + done);
      } catch (cause) {
        throw new RoadsError(
          `${this.#kind.code}_unreadable`,
          `cannot read ${this.#path}: ${(cause as Error).message}`,
          cause,
        );
      }
      if (count === 0) throw this.#truncated();
      done += count;
    }
    this.#at += bytes.length;
  }

  #truncated(): RoadsError {
    return new RoadsError(`${this.#kind.code}_truncated`, `${this.#path} is cut off: import the map again`);
  }

  #corrupt(why: string, cause?: unknown): RoadsError {
    return new RoadsError(
      `${this.#kind.code}_corrupt`,
      `${this.#path} is damaged (${why}): import the map again`,
      cause,
    );
  }
}
