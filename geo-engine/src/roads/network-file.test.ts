import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Sketch } from '../../test/osm-sketch.js';
import { createRandom } from '../../test/random.js';
import { ROADS_ERROR_CODES, type RoadsError } from './errors.js';
import { readNetwork, writeNetwork } from './network-file.js';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'network-file-'));
  path = join(dir, 'network.bin');
});
afterEach(() => rmSync(dir, { recursive: true }));

//  a--b--c
//     |
//     d
const { network } = new Sketch(
  'abc\n\n d',
  {
    abc: { highway: 'primary', name: 'Ķīšezera iela', ref: 'P1', oneway: 'yes', maxspeed: 'fast' },
    bd: { highway: 'track', surface: 'sand', maxweight: '7.5', maxheight: '3.2' },
  },
  {
    nodes: { d: { barrier: 'gate' } },
    restrictions: [{ from: 'abc', via: 'b', to: 'bd', tags: { restriction: 'no_right_turn' } }],
  },
);

function refusal(): string {
  try {
    readNetwork(path);
  } catch (error) {
    return (error as RoadsError).code;
  }
  return 'accepted';
}

describe('the file of a network', () => {
  test('G33 what is read is what was written, in shared memory', () => {
    writeNetwork(path, network);
    const read = readNetwork(path);
    expect(read).toEqual(network);
    expect(read.pointLonLat.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(readdirSync(dir)).toEqual(['network.bin']);
  });

  test('G33 a second one replaces the first', () => {
    writeNetwork(path, new Sketch('ab', { ab: { highway: 'primary' } }).network);
    writeNetwork(path, network);
    expect(readNetwork(path)).toEqual(network);
  });

  test('G33 cut off anywhere it is refused', () => {
    writeNetwork(path, network);
    const { length } = readFileSync(path);
    for (let left = length - 1; left > 0; left -= left > 64 ? 17 : 1) {
      truncateSync(path, left);
      expect(refusal(), `${left} bytes left`).toBe('network_truncated');
    }
  });

  test('G33 with any bit turned it is refused, and nothing of the size it claims is allocated', () => {
    writeNetwork(path, network);
    const sound = readFileSync(path);
    const random = createRandom(33);
    for (let trial = 0; trial < 700; trial++) {
      const bytes = Buffer.from(sound);
      const bit = trial < 300 ? trial : Math.floor(random() * bytes.length * 8); // magic, version and lengths one by one
      bytes[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, bytes);
      const code = refusal();
      expect(ROADS_ERROR_CODES, `bit ${bit}`).toContain(code);
    }
  });

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'network_truncated'],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n and so on and on'), 'not_a_network'],
    ['a few letters', Buffer.from('abc'), 'not_a_network'],
    [
      'another version',
      Buffer.concat([Buffer.from('VNROADS\n'), Uint8Array.of(2, 0, 0, 0, 9, 0, 0, 0)]),
      'network_version',
    ],
    [
      'a header of 4 GiB',
      Buffer.concat([Buffer.from('VNROADS\n'), Uint8Array.of(1, 0, 0, 0, 255, 255, 255, 255)]),
      'network_corrupt',
    ],
  ])('G33 %s is refused', (_, bytes, code) => {
    writeFileSync(path, bytes);
    expect(refusal()).toBe(code);
  });

  test('G33 bytes behind the end are refused, a missing file too', () => {
    expect(refusal()).toBe('network_missing');
    writeNetwork(path, network);
    writeFileSync(path, Buffer.concat([readFileSync(path), Uint8Array.of(0)]));
    expect(refusal()).toBe('network_corrupt');
  });

  test('G33 where nothing can be written there is one error, and nothing is left behind', () => {
    const nowhere = join(dir, 'missing', 'network.bin');
    expect(() => writeNetwork(nowhere, network)).toThrow(expect.objectContaining({ code: 'directory_unwritable' }));
    expect(readdirSync(dir)).toEqual([]);
  });
});
