import { PbfReader } from 'pbf';

export interface TileLine {
  readonly layer: string;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly lines: readonly (readonly (readonly [x: number, y: number])[])[];
}

/** The lines of a vector tile. Written from the Mapbox Vector Tile Specification 2.1. */
export function readTileLines(bytes: Uint8Array): TileLine[] {
  const lines: TileLine[] = [];
  new PbfReader(bytes).readFields((tag, _none, pbf) => {
    if (tag === 3) lines.push(...readLayer(pbf.readBytes()));
  }, undefined);
  return lines;
}

function readLayer(bytes: Uint8Array): TileLine[] {
  let layer = '';
  const keys: string[] = [];
  const values: (string | number | boolean)[] = [];
  const features: { tags: number[]; type: number; commands: number[] }[] = [];
  new PbfReader(bytes).readFields((tag, _none, pbf) => {
    if (tag === 1) layer = pbf.readString();
    else if (tag === 2) features.push(readFeature(pbf.readBytes()));
    else if (tag === 3) keys.push(pbf.readString());
    else if (tag === 4) values.push(readValue(pbf.readBytes()));
  }, undefined);
  return features.map(({ tags, type, commands }) => {
    if (type !== 2) throw new Error(`feature of type ${type} among lines`);
    const named = Array.from({ length: tags.length / 2 }, (_, i) => [keys[tags[2 * i]], values[tags[2 * i + 1]]]);
    return { layer, tags: Object.fromEntries(named), lines: readCommands(commands) };
  });
}

function readFeature(bytes: Uint8Array): { tags: number[]; type: number; commands: number[] } {
  const feature = { tags: [] as number[], type: 0, commands: [] as number[] };
  new PbfReader(bytes).readFields((tag, _none, pbf) => {
    if (tag === 2) pbf.readPackedVarint(feature.tags);
    else if (tag === 3) feature.type = pbf.readVarint();
    else if (tag === 4) pbf.readPackedVarint(feature.commands);
  }, undefined);
  return feature;
}

function readValue(bytes: Uint8Array): string | number | boolean {
  let value: string | number | boolean = '';
  new PbfReader(bytes).readFields((tag, _none, pbf) => {
    if (tag === 1) value = pbf.readString();
    else if (tag === 3) value = pbf.readDouble();
    else if (tag === 4 || tag === 5) value = pbf.readVarint();
    else if (tag === 6) value = pbf.readSVarint();
    else if (tag === 7) value = pbf.readBoolean();
  }, undefined);
  return value;
}

function readCommands(commands: readonly number[]): [number, number][][] {
  const lines: [number, number][][] = [];
  let x = 0;
  let y = 0;
  const signed = (n: number) => (n >>> 1) ^ -(n & 1);
  for (let i = 0; i < commands.length; ) {
    const id = commands[i] & 7;
    const count = commands[i++] >>> 3;
    for (let k = 0; k < count; k++) {
      x += signed(commands[i++]);
      y += signed(commands[i++]);
      if (id === 1) lines.push([]);
      lines[lines.length - 1].push([x, y]);
    }
  }
  return lines;
}
