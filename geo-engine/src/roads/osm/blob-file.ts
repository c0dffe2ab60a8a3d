import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { PbfReader } from 'pbf';
import { RoadsError } from '../errors.js';

// The outer layer of the format: a file is a sequence of blobs, each named by a header.
// Source: wiki.openstreetmap.org/wiki/PBF_Format (fileformat.proto).

/** The format's limits: a header has at most 64 KiB, a blob at most 32 MiB, packed or unpacked. */
const MOST_HEADER_BYTES = 64 * 1024;
const MOST_BLOB_BYTES = 32 * 1024 * 1024;
/** Around the packed data stand two tags, two lengths and a size. */
const MOST_WRAPPED_BYTES = MOST_BLOB_BYTES + 64;

/** Where a blob stands in the file. */
export interface BlobPlace {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
}

const COMPRESSION_FIELDS: Readonly<Record<number, string>> = { 4: 'LZMA', 5: 'bzip2', 6: 'LZ4', 7: 'Zstandard' };

/**
 * Runs what reads untrusted protobuf. The package `pbf` reads past the end of what it was given as if there were nothing,
 * and throws plain errors; both become `map_malformed`.
 */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RoadsError) throw cause;
    throw new RoadsError('map_malformed', `${what} is malformed: ${(cause as Error).message}`, cause);
  }
}

/** Every field of a message must end where the message ends. */
export function mustEndAt(reader: PbfReader, end: number): void {
  if (reader.pos !== end) throw new RangeError(`a field ends at ${reader.pos}, its message at ${end}`);
}

/** An OSM PBF file, read blob by blob. Not more than two blobs are in memory at a time, whatever the file says of itself. */
export class BlobFile {
  readonly path: string;
  readonly byteLength: number;
  readonly #file: number;
  /** Packed bytes of the blob read last; reused. */
  #packed = new Uint8Array(256 * 1024);

  constructor(path: string) {
    this.path = path;
    try {
      this.#file = openSync(path, 'r');
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      throw new RoadsError(
        missing ? 'map_missing' : 'map_unreadable',
        `cannot open ${path}: ${(cause as Error).message}`,
        cause,
      );
    }
    const stat = fstatSync(this.#file);
    this.byteLength = stat.size;
    if (stat.isFile() && stat.size > 0) return;
    this.close();
    if (!stat.isFile()) throw new RoadsError('map_unreadable', `${path} is not a file`);
    throw new RoadsError('map_empty', `${path} is empty`);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The blobs in the order of the file. What is between two of them is not looked at. */
  *places(): Generator<BlobPlace> {
    for (let at = 0; at < this.byteLength; ) {
      const place = this.#placeAt(at);
      yield place;
      at = place.offset + place.length;
    }
  }

  /** A blob's content. Valid until the next blob is read. */
  content({ offset, length }: BlobPlace): Uint8Array {
    if (length > this.#packed.length) this.#packed = new Uint8Array(length);
    const packed = this.#packed.subarray(0, length);
    this.#readInto(packed, offset);
    const what = `the block at byte ${offset} of ${this.path}`;
    return reading(what, () => unpack(packed, what));
  }

  #placeAt(at: number): BlobPlace {
    const notPbf = (why: string): RoadsError =>
      at === 0
        ? new RoadsError('not_a_pbf', `${this.path} is not an OpenStreetMap PBF file: ${why}`)
        : new RoadsError('map_malformed', `byte ${at} of ${this.path}: ${why}`);
    if (at + 4 > this.byteLength) throw at === 0 ? notPbf('it ends in its first header') : this.#truncated();
    const prefix = new Uint8Array(4);
    this.#readInto(prefix, at);
    const headerLength = new DataView(prefix.buffer).getUint32(0); // big-endian, as on the network
    if (headerLength === 0 || headerLength > MOST_HEADER_BYTES) throw notPbf(`a header of ${headerLength} bytes`);
    if (at + 4 + headerLength > this.byteLength)
      throw at === 0 ? notPbf('it ends in its first header') : this.#truncated();
    const header = new Uint8Array(headerLength);
    this.#readInto(header, at + 4);

    let type = '';
    let length = -1;
    try {
      const reader = new PbfReader(header);
      for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
        if (field === 1) type = reader.readString();
        else if (field === 3) length = reader.readVarint();
      }
      mustEndAt(reader, headerLength);
    } catch (cause) {
      throw notPbf(`its header is malformed (${(cause as Error).message})`);
    }
    if (at === 0 && type !== 'OSMHeader') throw notPbf(`it begins with ${JSON.stringify(type.slice(0, 20))}`);
    if (length < 0 || length > MOST_WRAPPED_BYTES) throw notPbf(`a block of ${length} bytes`);
    const offset = at + 4 + headerLength;
    if (offset + length > this.byteLength) throw this.#truncated();
    return { type, offset, length };
  }

  #readInto(target: Uint8Array, from: number): void {
    let done = 0;
    while (done < target.length) {
      let count: number;
      try {
        count = readSync(this.#file, target, done, target.length - done, from + done);
      } catch (cause) {
        throw new RoadsError('map_unreadable', `cannot read ${this.path}: ${(cause as Error).message}`, cause);
      }
      if (count === 0) throw this.#truncated(); // somebody shortens it while it is read
      done += count;
    }
  }

  #truncated(): RoadsError {
    return new RoadsError('map_truncated', `${this.path} ends in the middle of a block: copy or download it again`);
  }
}

function unpack(packed: Uint8Array, what: string): Uint8Array {
  const reader = new PbfReader(packed);
  let raw: Uint8Array | undefined;
  let zlib: Uint8Array | undefined;
  let rawSize = 0;
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) raw = reader.readBytes();
    else if (field === 2) rawSize = reader.readVarint();
    else if (field === 3) zlib = reader.readBytes();
    else if (field in COMPRESSION_FIELDS) {
      throw new RoadsError(
        'unsupported_compression',
        `${what} is packed with ${COMPRESSION_FIELDS[field]}; only zlib is read`,
      );
    }
  }
  mustEndAt(reader, packed.length);
  const content = raw ?? (zlib && inflate(zlib, rawSize));
  if (content === undefined) throw new RangeError('it holds no data');
  return content;
}

function inflate(zlib: Uint8Array, rawSize: number): Uint8Array {
  if (rawSize > MOST_BLOB_BYTES) throw new RangeError(`${rawSize} bytes are more than the format allows`);
  // the size that the file states is also the most that is unpacked, so that a few bytes cannot become gigabytes
  const content = inflateSync(zlib, { maxOutputLength: Math.max(1, rawSize) });
  if (content.length !== rawSize) throw new RangeError(`${content.length} bytes instead of ${rawSize}`);
  return content;
}
