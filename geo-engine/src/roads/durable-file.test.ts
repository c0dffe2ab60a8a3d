import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeDurably } from './durable-file.js';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'durable-file-'));
  path = join(dir, 'file');
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('writeDurably', () => {
  test('writes the parts one behind the other, over what was there', () => {
    writeFileSync(path, 'old and longer');
    writeDurably(path, [Buffer.from('new'), Buffer.alloc(0), Buffer.from('er')]);
    expect(readFileSync(path, 'utf8')).toBe('newer');
    expect(readdirSync(dir)).toEqual(['file']);
  });

  test('G34 on a full disk the old file stays, and nothing beside it', () => {
    writeFileSync(path, 'old');
    symlinkSync('/dev/full', `${path}.part`); // what is written there finds no room
    expect(() => writeDurably(path, [Buffer.from('new')])).toThrow(expect.objectContaining({ code: 'disk_full' }));
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['file']);
  });

  test('G34 what fails halfway leaves the old file', () => {
    writeFileSync(path, 'old');
    function* parts() {
      yield Buffer.from('half');
      throw Object.assign(new Error('gone'), { code: 'EIO' });
    }
    expect(() => writeDurably(path, parts())).toThrow(expect.objectContaining({ code: 'directory_unwritable' }));
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['file']);
  });
});
