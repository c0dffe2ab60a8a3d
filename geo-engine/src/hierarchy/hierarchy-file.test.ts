import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandomGraph } from '../../test/random-graphs.js';
import type { RoadsError } from '../roads/errors.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { contractGraph } from './contract.js';
import { type PreparedFor, readHierarchy, writeHierarchy } from './hierarchy-file.js';

const profile = standardProfiles[0];
const graph = { ...createRandomGraph(3, 'grid'), profile: profile.code };
const prepared = { graph, hierarchy: contractGraph(graph) };
const wanted: PreparedFor = { networkId: graph.networkId, profile };

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hierarchy-file-'));
  path = join(dir, 'car.hierarchy.bin');
  writeHierarchy(path, prepared, profile);
});
afterEach(() => rmSync(dir, { recursive: true }));

function refusal(expected = wanted): string {
  try {
    readHierarchy(path, expected);
  } catch (error) {
    return (error as RoadsError).code;
  }
  return 'accepted';
}

describe('the file of a hierarchy', () => {
  it('G54 what is read is what was written, in shared memory', () => {
    const read = readHierarchy(path, wanted);
    expect(read).toEqual(prepared);
    expect(read.hierarchy.up.ms.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(read.graph.arcMs.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(readdirSync(dir)).toEqual(['car.hierarchy.bin']);
  });

  it('G55 made from another network, or for a profile that drives otherwise, it is stale', () => {
    expect(refusal({ ...wanted, networkId: 'another' })).toBe('hierarchy_stale');
    expect(refusal({ ...wanted, profile: { ...profile, topKmh: profile.topKmh + 1 } })).toBe('hierarchy_stale');
    expect(refusal()).toBe('accepted');
  });

  it('G55 cut off anywhere, or longer than it was, it is refused', () => {
    const whole = readFileSync(path);
    for (let left = whole.length - 1; left > 0; left -= left > 64 ? 41 : 1) {
      truncateSync(path, left);
      expect(refusal(), `${left} bytes`).toBe('hierarchy_truncated');
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(1)]));
    expect(refusal()).toBe('hierarchy_corrupt');
    rmSync(path);
    expect(refusal()).toBe('hierarchy_missing');
    writeFileSync(path, 'not a hierarchy at all');
    expect(refusal()).toBe('not_a_hierarchy');
  });

  it('G55 whichever byte is changed, it is refused', () => {
    const whole = readFileSync(path);
    const headerEnd = 16 + whole.readUInt32LE(12);
    for (let at = 0; at < whole.length; at += at < headerEnd ? 1 : 53) {
      const changed = Buffer.from(whole);
      changed[at] ^= 1 << (at % 8);
      writeFileSync(path, changed);
      expect(refusal(), `byte ${at}`).toMatch(/^(hierarchy_|not_a_hierarchy)/);
    }
  });
});
