import { deflateSync } from 'node:zlib';
import { PbfWriter } from 'pbf';

// Writes OpenStreetMap PBF files for tests, sound and unsound ones.
// Source: wiki.openstreetmap.org/wiki/PBF_Format (fileformat.proto, osmformat.proto).

export type OsmTags = Readonly<Record<string, string>>;

export interface OsmNode {
  readonly id: number;
  readonly lon: number;
  readonly lat: number;
  readonly tags?: OsmTags;
}

export interface OsmWay {
  readonly id: number;
  readonly nodeIds: readonly number[];
  readonly tags?: OsmTags;
}

export interface OsmMember {
  readonly kind: 'node' | 'way' | 'relation';
  readonly id: number;
  readonly role: string;
}

export interface OsmRelation {
  readonly id: number;
  readonly members: readonly OsmMember[];
  readonly tags?: OsmTags;
}

export interface OsmContent {
  readonly nodes?: readonly OsmNode[];
  readonly ways?: readonly OsmWay[];
  readonly relations?: readonly OsmRelation[];
}

export interface OsmFormat {
  /** Nodes one by one instead of in columns. */
  readonly plainNodes?: boolean;
  /** Blobs as they are instead of packed. */
  readonly raw?: boolean;
  /** Nanodegrees a unit. */
  readonly granularity?: number;
  /** Nanodegrees. */
  readonly lonOffset?: number;
  readonly latOffset?: number;
}

const MEMBER_KINDS = ['node', 'way', 'relation'];

function written(write: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter();
  write(pbf);
  return pbf.finish();
}

function deltas(values: readonly number[]): number[] {
  return values.map((value, i) => value - (values[i - 1] ?? 0));
}

/** A blob behind its header. `packed` replaces the field that holds the data. */
export function osmBlob(
  type: string,
  content: Uint8Array,
  { raw = false, packed }: { raw?: boolean; packed?: { field: number; data: Uint8Array; rawSize?: number } } = {},
): Buffer {
  const blob = written((pbf) => {
    if (raw) return pbf.writeBytesField(1, content);
    const { field, data, rawSize } = packed ?? { field: 3, data: deflateSync(content), rawSize: content.length };
    pbf.writeVarintField(2, rawSize ?? content.length);
    pbf.writeBytesField(field, data);
  });
  const header = written((pbf) => {
    pbf.writeStringField(1, type);
    pbf.writeVarintField(3, blob.length);
  });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, blob]);
}

export function osmHeader(
  required: readonly string[] = ['OsmSchema-V0.6', 'DenseNodes'],
  { mapTimeS, raw }: { mapTimeS?: number; raw?: boolean } = {},
): Buffer {
  const content = written((pbf) => {
    for (const feature of required) pbf.writeStringField(4, feature);
    pbf.writeStringField(16, 'tests');
    if (mapTimeS !== undefined) pbf.writeVarintField(32, mapTimeS);
  });
  return osmBlob('OSMHeader', content, { raw });
}

/** The content of one block of entities. */
export function osmBlock(content: OsmContent, format: OsmFormat = {}): Uint8Array {
  const texts = new Map<string, number>([['', 0]]);
  const number = (text: string): number => texts.get(text) ?? texts.set(text, texts.size).size - 1;
  const { granularity = 100, lonOffset = 0, latOffset = 0 } = format;
  const units = (degrees: number, offset: number): number => Math.round((degrees * 1e9 - offset) / granularity);
  const writeTags = (pbf: PbfWriter, tags: OsmTags = {}): void => {
    pbf.writePackedVarint(2, Object.keys(tags).map(number));
    pbf.writePackedVarint(3, Object.values(tags).map(number));
  };
  const { nodes = [], ways = [], relations = [] } = content;

  const groups = written((pbf) => {
    const group = (write: (pbf: PbfWriter) => void): void => pbf.writeMessage(2, (_, inner) => write(inner), null);
    if (nodes.length > 0 && format.plainNodes) {
      group((inner) => {
        for (const { id, lon, lat, tags } of nodes) {
          inner.writeMessage(
            1,
            (_, node) => {
              node.writeSVarintField(1, id);
              writeTags(node, tags);
              node.writeSVarintField(8, units(lat, latOffset));
              node.writeSVarintField(9, units(lon, lonOffset));
            },
            null,
          );
        }
      });
    } else if (nodes.length > 0) {
      group((inner) =>
        inner.writeMessage(
          2,
          (_, dense) => {
            dense.writePackedSVarint(1, deltas(nodes.map(({ id }) => id)));
            dense.writePackedSVarint(8, deltas(nodes.map(({ lat }) => units(lat, latOffset))));
            dense.writePackedSVarint(9, deltas(nodes.map(({ lon }) => units(lon, lonOffset))));
            if (!nodes.some(({ tags }) => tags)) return;
            dense.writePackedVarint(
              10,
              nodes.flatMap(({ tags = {} }) => [...Object.entries(tags).flatMap((pair) => pair.map(number)), 0]),
            );
          },
          null,
        ),
      );
    }
    if (ways.length > 0) {
      group((inner) => {
        for (const { id, nodeIds, tags } of ways) {
          inner.writeMessage(
            3,
            (_, way) => {
              way.writeVarintField(1, id);
              writeTags(way, tags);
              way.writePackedSVarint(8, deltas(nodeIds));
            },
            null,
          );
        }
      });
    }
    if (relations.length > 0) {
      group((inner) => {
        for (const { id, members, tags } of relations) {
          inner.writeMessage(
            4,
            (_, relation) => {
              relation.writeVarintField(1, id);
              writeTags(relation, tags);
              relation.writePackedVarint(
                8,
                members.map(({ role }) => number(role)),
              );
              relation.writePackedSVarint(9, deltas(members.map((member) => member.id)));
              relation.writePackedVarint(
                10,
                members.map(({ kind }) => MEMBER_KINDS.indexOf(kind)),
              );
            },
            null,
          );
        }
      });
    }
  });
  const head = written((pbf) =>
    pbf.writeMessage(
      1,
      (_, inner) => {
        for (const text of texts.keys()) inner.writeStringField(1, text);
      },
      null,
    ),
  );
  // as others write it: the scale behind the entities that need it
  const tail = written((pbf) => {
    if (granularity !== 100) pbf.writeVarintField(17, granularity);
    if (latOffset !== 0) pbf.writeVarintField(19, latOffset);
    if (lonOffset !== 0) pbf.writeVarintField(20, lonOffset);
  });
  return Buffer.concat([head, groups, tail]);
}

/** A whole file: header, then one block for each content. */
export function osmFile(contents: readonly OsmContent[], format: OsmFormat = {}): Buffer {
  const blobs = contents.map((content) => osmBlob('OSMData', osmBlock(content, format), { raw: format.raw }));
  return Buffer.concat([osmHeader(undefined, { raw: format.raw }), ...blobs]);
}
