import { fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CurrentRoads, currentRoads, hierarchyPath, networkPath, RoadsImport } from './generations.js';
import { standardProfiles } from './standard-profiles.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const C = 'c'.repeat(64);
const D = 'd'.repeat(64);

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'generations-')), 'roads');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true }));

function write(running: RoadsImport, text: string): void {
  writeFileSync(running.networkPath, text);
  writeFileSync(running.hierarchyPath('car'), text);
}

function importOne(networkId: string): CurrentRoads {
  const running = RoadsImport.begin(dir);
  write(running, networkId);
  return running.commit({ networkId, source: 'map.osm.pbf', importedAt: 1, profiles: standardProfiles.slice(0, 1) });
}

const folders = () =>
  readdirSync(dir)
    .filter((name) => !['current.json', 'import.lock'].includes(name))
    .sort();

describe('generations of roads', () => {
  test('G34 where nothing was imported there is none', () => {
    expect(currentRoads(dir)).toBeUndefined();
  });

  test('G34 an import that is done is in use, with its profiles', () => {
    importOne(A);
    const current = currentRoads(dir)!;
    expect(current).toEqual({
      version: 1,
      generation: A,
      previous: null,
      networkId: A,
      source: 'map.osm.pbf',
      importedAt: 1,
      profiles: standardProfiles.slice(0, 1),
    });
    expect(readFileSync(networkPath(dir, current.generation), 'utf8')).toBe(A);
    expect(readFileSync(hierarchyPath(dir, current.generation, 'car'), 'utf8')).toBe(A);
  });

  test('G34 until it is done the old one is in use, and when it fails still', () => {
    importOne(A);
    const running = RoadsImport.begin(dir);
    write(running, B);
    expect(currentRoads(dir)!.generation).toBe(A);
    running.abandon();
    expect(currentRoads(dir)!.generation).toBe(A);
    expect(folders()).toEqual([A]);
  });

  test('G34 one before the last stays, older ones go', () => {
    for (const id of [A, B, C]) importOne(id);
    expect(folders()).toEqual([B, C]);
    expect(currentRoads(dir)).toMatchObject({ generation: C, previous: B });
    importOne(D);
    expect(folders()).toEqual([C, D]);
  });

  test('G34 the same map again becomes another generation: what is in use is never written over', () => {
    importOne(A);
    const again = importOne(A);
    expect(again).toMatchObject({ generation: `${A}-2`, previous: A, networkId: A });
    expect(importOne(A)).toMatchObject({ generation: `${A}-3`, previous: `${A}-2` });
    expect(folders()).toEqual([`${A}-2`, `${A}-3`]);
  });

  test('G34 two imports at once: the second is refused, and works when the first has ended', () => {
    const first = RoadsImport.begin(dir);
    expect(() => RoadsImport.begin(dir)).toThrow(expect.objectContaining({ code: 'import_running' }));
    first.abandon();
    importOne(B);
    expect(currentRoads(dir)!.generation).toBe(B);
  });

  test('G34 what a killed import left goes with the next one', async () => {
    importOne(A);
    // a process that takes the lock, writes half a generation and is killed
    const script = join(dir, '..', 'killed.mjs');
    const tsx = import.meta.resolve('tsx');
    writeFileSync(
      script,
      `import { writeFileSync } from 'node:fs';
       import { RoadsImport } from ${JSON.stringify(new URL('./generations.ts', import.meta.url).href)};
       writeFileSync(RoadsImport.begin(${JSON.stringify(dir)}).networkPath, 'half');
       process.send('written');
       setInterval(() => {}, 1000);`,
    );
    const child = fork(script, [], { execArgv: ['--import', tsx] });
    await new Promise((written) => child.once('message', written));
    expect(() => RoadsImport.begin(dir)).toThrow(expect.objectContaining({ code: 'import_running' }));
    const ended = new Promise((exit) => child.once('exit', exit));
    child.kill('SIGKILL');
    await ended;
    expect(folders()).toEqual([A, 'importing']);
    // and one that was killed between its last two steps
    mkdirSync(join(dir, C));
    importOne(B);
    expect(folders()).toEqual([A, B]);
    expect(currentRoads(dir)).toMatchObject({ generation: B, previous: A });
  });

  test.each([
    ['half a file', '{"version":1,'],
    ['another version', '{"version":2}'],
    ['a name that leaves the folder', JSON.stringify({ version: 1, generation: '../..' })],
  ])('G34 a current.json of %s is said to be invalid; an import mends it, and only then the rest goes', (_, text) => {
    importOne(A);
    writeFileSync(join(dir, 'current.json'), text);
    expect(() => currentRoads(dir)).toThrow(expect.objectContaining({ code: 'generation_invalid' }));
    const running = RoadsImport.begin(dir);
    expect(existsSync(join(dir, A))).toBe(true);
    running.abandon();
    expect(existsSync(join(dir, A))).toBe(true);
    importOne(B);
    expect(currentRoads(dir)).toMatchObject({ generation: B, previous: null });
    expect(folders()).toEqual([B]);
  });

  test('G34 a current.json that names what is gone is invalid', () => {
    importOne(A);
    rmSync(join(dir, A), { recursive: true });
    expect(() => currentRoads(dir)).toThrow(expect.objectContaining({ code: 'generation_invalid' }));
  });

  test('G34 where no directory can be made, that is said', () => {
    const file = join(dir, '..', 'file');
    writeFileSync(file, '');
    expect(() => RoadsImport.begin(join(file, 'roads'))).toThrow(
      expect.objectContaining({ code: 'directory_unwritable' }),
    );
  });
});
