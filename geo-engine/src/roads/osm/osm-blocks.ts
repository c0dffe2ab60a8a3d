import { PbfReader } from 'pbf';
import { RoadsError } from '../errors.js';
import { NumberList } from '../number-list.js';
import { mustEndAt } from './blob-file.js';
import type { RelationMember } from './tags/restriction.js';
import type { Tags } from './tags/tags.js';

// The inner layer of the format: what stands in a blob.
// Source: wiki.openstreetmap.org/wiki/PBF_Format (osmformat.proto).

export interface OsmHeader {
  readonly optionalFeatures: readonly string[];
  /** Instant of the data, milliseconds, if the file states it. */
  readonly mapTime: number | null;
}

/** Features that a reader must understand and this one does. */
const KNOWN_FEATURES: ReadonlySet<string> = new Set(['OsmSchema-V0.6', 'DenseNodes']);

/** The header block of a map; `unsupported_feature` when it demands what is not understood here. */
export function readHeader(block: Uint8Array): OsmHeader {
  const reader = new PbfReader(block);
  const required: string[] = [];
  const optionalFeatures: string[] = [];
  let mapTime: number | null = null;
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 4) required.push(reader.readString());
    else if (field === 5) optionalFeatures.push(reader.readString());
    else if (field === 32) mapTime = reader.readVarint(true) * 1000; // osmosis_replication_timestamp, seconds
  }
  mustEndAt(reader, block.length);
  const unknown = required.find((feature) => !KNOWN_FEATURES.has(feature));
  if (unknown !== undefined) {
    throw new RoadsError(
      'unsupported_feature',
      `the map demands a reader that knows ${JSON.stringify(unknown.slice(0, 60))}`,
    );
  }
  return { optionalFeatures, mapTime };
}

/** Tags of the entity that is being read, by reference into its block: valid during the call they are given to. */
export interface EntityTags {
  get(key: string): string | undefined;
  /** All of them, to keep. */
  all(): Tags;
}

/** Who reads a block. What is not wanted costs little: its tags and refs are skipped. Places are in 1e-7 degrees. */
export interface OsmReader {
  wantsNode?(id: number): boolean;
  node?(id: number, lonE7: number, latE7: number, tags: EntityTags): void;
  wantsWay?(tags: EntityTags): boolean;
  way?(id: number, nodeIds: Float64Array, tags: EntityTags): void;
  wantsRelation?(tags: EntityTags): boolean;
  relation?(id: number, members: readonly RelationMember[], tags: EntityTags): void;
}

/** What kinds of entities a block holds. */
export interface BlockContent {
  readonly nodes: boolean;
}

const UTF8 = new TextDecoder();
/** Coordinates are counted in nanodegrees, the network's in 1e-7 degrees. */
const NANODEGREES_A_UNIT = 100;
const DEFAULT_GRANULARITY = 100;
const MEMBER_KINDS = ['node', 'way', 'relation'] as const;

/** Where the bytes of a message lie in its block. */
interface Span {
  readonly from: number;
  readonly end: number;
}

/** The texts of a block, decoded when somebody asks. */
class Strings {
  readonly #block: Uint8Array;
  readonly #from = new NumberList(Uint32Array);
  readonly #end = new NumberList(Uint32Array);
  #texts: (string | undefined)[] = [];

  constructor(block: Uint8Array, { from, end }: Span) {
    this.#block = block;
    const reader = readerOf(block, from);
    for (let field = reader.nextField(end); field !== 0; field = reader.nextField(end)) {
      if (field !== 1) continue;
      const span = spanOf(reader, end);
      this.#from.push(span.from);
      this.#end.push(span.end);
      reader.pos = span.end;
    }
    mustEndAt(reader, end);
  }

  at(index: number): string {
    const known = this.#texts[index];
    if (known !== undefined) return known;
    if (!(index < this.#from.length)) throw new RangeError(`text ${index} of ${this.#from.length}`);
    if (this.#texts.length === 0) this.#texts = new Array(this.#from.length);
    const text = UTF8.decode(this.#block.subarray(this.#from.at(index), this.#end.at(index)));
    this.#texts[index] = text;
    return text;
  }
}

/** Tags of one entity after another. */
class TagCursor implements EntityTags {
  readonly #strings: Strings;
  readonly keys: number[] = [];
  readonly values: number[] = [];

  constructor(strings: Strings) {
    this.#strings = strings;
  }

  clear(): void {
    // most nodes have no tags, and setting a length costs more than asking for it
    if (this.keys.length > 0) this.keys.length = 0;
    if (this.values.length > 0) this.values.length = 0;
  }

  get(key: string): string | undefined {
    for (let i = 0; i < this.keys.length; i++) {
      if (this.#strings.at(this.keys[i]) === key) return this.#strings.at(this.values[i]);
    }
    return undefined;
  }

  all(): Tags {
    if (this.keys.length !== this.values.length)
      throw new RangeError(`${this.keys.length} keys, ${this.values.length} values`);
    return new Map(this.keys.map((key, i) => [this.#strings.at(key), this.#strings.at(this.values[i])]));
  }
}

function readerOf(block: Uint8Array, from: number): PbfReader {
  const reader = new PbfReader(block);
  reader.pos = from;
  return reader;
}

/** The bytes of the field that the reader stands at; they must lie within the message around it. */
function spanOf(reader: PbfReader, outerEnd: number): Span {
  const length = reader.readVarint();
  const from = reader.pos;
  if (!(from + length <= outerEnd))
    throw new RangeError(`a field of ${length} bytes where ${outerEnd - from} are left`);
  return { from, end: from + length };
}

/** Reads one block of entities. Throws plain errors where it breaks the format. */
export function readBlock(block: Uint8Array, entities: OsmReader): BlockContent {
  const reader = new PbfReader(block);
  const groups: Span[] = [];
  let texts: Span = { from: 0, end: 0 };
  let granularity = DEFAULT_GRANULARITY;
  let latOffset = 0;
  let lonOffset = 0;
  // the scale of the coordinates stands behind the entities that need it
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1 || field === 2) {
      const span = spanOf(reader, block.length);
      if (field === 1) texts = span;
      else groups.push(span);
      reader.pos = span.end;
    } else if (field === 17) granularity = reader.readVarint();
    else if (field === 19) latOffset = reader.readVarint(true);
    else if (field === 20) lonOffset = reader.readVarint(true);
  }
  mustEndAt(reader, block.length);
  const strings = new Strings(block, texts);
  const group = new GroupReader(block, strings, entities, granularity, lonOffset, latOffset);
  for (const span of groups) group.read(span);
  return { nodes: group.sawNodes };
}

/** Reads the groups of a block. */
class GroupReader {
  sawNodes = false;
  readonly #block: Uint8Array;
  readonly #entities: OsmReader;
  readonly #strings: Strings;
  readonly #tags: TagCursor;
  readonly #granularity: number;
  readonly #lonOffset: number;
  readonly #latOffset: number;
  readonly #refs = new NumberList(Float64Array);

  constructor(
    block: Uint8Array,
    strings: Strings,
    entities: OsmReader,
    granularity: number,
    lonOffset: number,
    latOffset: number,
  ) {
    this.#block = block;
    this.#strings = strings;
    this.#entities = entities;
    this.#tags = new TagCursor(strings);
    this.#granularity = granularity;
    this.#lonOffset = lonOffset;
    this.#latOffset = latOffset;
  }

  read({ from, end }: Span): void {
    const reader = readerOf(this.#block, from);
    for (let field = reader.nextField(end); field !== 0; field = reader.nextField(end)) {
      if (field > 4) continue; // change sets, and what later versions may add
      const span = spanOf(reader, end);
      if (field === 1) this.#node(span);
      else if (field === 2) this.#denseNodes(span);
      else if (field === 3) this.#way(span);
      else this.#relation(span);
      reader.pos = span.end;
    }
    mustEndAt(reader, end);
  }

  #lonE7(units: number): number {
    return Math.round((this.#lonOffset + this.#granularity * units) / NANODEGREES_A_UNIT);
  }

  #latE7(units: number): number {
    return Math.round((this.#latOffset + this.#granularity * units) / NANODEGREES_A_UNIT);
  }

  #node({ from, end }: Span): void {
    this.sawNodes = true;
    if (!this.#entities.node) return;
    const tags = this.#tags;
    tags.clear();
    let [id, lat, lon] = [0, 0, 0];
    const reader = readerOf(this.#block, from);
    for (let field = reader.nextField(end); field !== 0; field = reader.nextField(end)) {
      if (field === 1) id = reader.readSVarint();
      else if (field === 2) reader.readPackedVarint(tags.keys);
      else if (field === 3) reader.readPackedVarint(tags.values);
      else if (field === 8) lat = reader.readSVarint();
      else if (field === 9) lon = reader.readSVarint();
    }
    mustEndAt(reader, end);
    if (this.#entities.wantsNode?.(id) ?? true) this.#entities.node(id, this.#lonE7(lon), this.#latE7(lat), tags);
  }

  /** Nodes in columns, each value as the difference from the one before; tags are key, value, key, value, 0 for each node. */
  #denseNodes({ from, end }: Span): void {
    this.sawNodes = true;
    const entities = this.#entities;
    if (!entities.node) return;
    const outer = readerOf(this.#block, from);
    const columns: (Span | undefined)[] = [];
    for (let field = outer.nextField(end); field !== 0; field = outer.nextField(end)) {
      if (field !== 1 && field !== 8 && field !== 9 && field !== 10) continue;
      columns[field] = spanOf(outer, end);
      outer.pos = columns[field]!.end;
    }
    mustEndAt(outer, end);
    const [ids, lats, lons, texts] = [columns[1], columns[8], columns[9], columns[10]];
    if (!ids) return;
    if (!lats || !lons) throw new RangeError('nodes without places');
    const idReader = readerOf(this.#block, ids.from);
    const latReader = readerOf(this.#block, lats.from);
    const lonReader = readerOf(this.#block, lons.from);
    const tagReader = readerOf(this.#block, texts?.from ?? 0);
    const tagEnd = texts?.end ?? 0;
    const tags = this.#tags;
    let [id, lat, lon] = [0, 0, 0];
    while (idReader.pos < ids.end) {
      id += idReader.readSVarint();
      lat += latReader.readSVarint();
      lon += lonReader.readSVarint();
      tags.clear();
      while (tagReader.pos < tagEnd) {
        const key = tagReader.readVarint();
        if (key === 0) break;
        tags.keys.push(key);
        tags.values.push(tagReader.readVarint());
      }
      if (entities.wantsNode?.(id) ?? true) entities.node(id, this.#lonE7(lon), this.#latE7(lat), tags);
    }
    mustEndAt(idReader, ids.end);
    mustEndAt(latReader, lats.end);
    mustEndAt(lonReader, lons.end);
    if (texts) mustEndAt(tagReader, tagEnd);
  }

  #way({ from, end }: Span): void {
    const entities = this.#entities;
    if (!entities.way) return;
    const tags = this.#tags;
    tags.clear();
    let id = 0;
    let refs: Span | undefined;
    const reader = readerOf(this.#block, from);
    for (let field = reader.nextField(end); field !== 0; field = reader.nextField(end)) {
      if (field === 1) id = reader.readVarint(true);
      else if (field === 2) reader.readPackedVarint(tags.keys);
      else if (field === 3) reader.readPackedVarint(tags.values);
      else if (field === 8) {
        refs = spanOf(reader, end);
        reader.pos = refs.end;
      }
    }
    mustEndAt(reader, end);
    if (!(entities.wantsWay?.(tags) ?? true)) return;
    entities.way(id, this.#deltas(refs), tags);
  }

  #relation({ from, end }: Span): void {
    const entities = this.#entities;
    if (!entities.relation) return;
    const tags = this.#tags;
    tags.clear();
    let id = 0;
    let ids: Span | undefined;
    const roles: number[] = [];
    const kinds: number[] = [];
    const reader = readerOf(this.#block, from);
    for (let field = reader.nextField(end); field !== 0; field = reader.nextField(end)) {
      if (field === 1) id = reader.readVarint(true);
      else if (field === 2) reader.readPackedVarint(tags.keys);
      else if (field === 3) reader.readPackedVarint(tags.values);
      else if (field === 8) reader.readPackedVarint(roles);
      else if (field === 10) reader.readPackedVarint(kinds);
      else if (field === 9) {
        ids = spanOf(reader, end);
        reader.pos = ids.end;
      }
    }
    mustEndAt(reader, end);
    if (!(entities.wantsRelation?.(tags) ?? true)) return;
    const memberIds = this.#deltas(ids);
    if (memberIds.length !== roles.length || roles.length !== kinds.length)
      throw new RangeError('members without role or kind');
    const members = roles.map((role, i): RelationMember => {
      const kind = MEMBER_KINDS[kinds[i]];
      if (kind === undefined) throw new RangeError(`member of kind ${kinds[i]}`);
      return { kind, id: memberIds[i], role: this.#strings.at(role) };
    });
    entities.relation(id, members, tags);
  }

  /** A packed column of differences as values: valid until the next call. */
  #deltas(span: Span | undefined): Float64Array {
    const values = this.#refs;
    values.clear();
    if (!span) return values.view();
    const reader = readerOf(this.#block, span.from);
    for (let value = 0; reader.pos < span.end; ) {
      value += reader.readSVarint();
      values.push(value);
    }
    mustEndAt(reader, span.end);
    return values.view();
  }
}
