import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AuditRow, auditHash } from './audit-chain.js';

const START = Buffer.alloc(32);

function createRow(seq: number, fields: Partial<AuditRow> = {}): AuditRow {
  return {
    seq,
    id: `018f0000-0000-7000-8000-00000000000${seq}`,
    agency_id: '018f0000-0000-7000-8000-0000000000aa',
    actor: 'dispatcher-1',
    purpose: null,
    action: 'read_caller',
    subject_kind: 'vek',
    subject_id: '018f0000-0000-7000-8000-0000000000bb',
    source_ip: '127.0.0.1',
    detail: { a: 1, b: { c: [1, 2], d: null } },
    at: 1_760_000_000_000 + seq,
    ...fields,
  };
}

/** The links of a log, as the sequencer makes them: dense positions from 1. */
function chain(rows: readonly AuditRow[]): string[] {
  const links: Buffer[] = [];
  rows.forEach((row, i) => {
    links.push(auditHash(links[i - 1] ?? START, i + 1, row));
  });
  return links.map((link) => link.toString('hex'));
}

const LOG = [1, 2, 3, 4, 5].map((seq) => createRow(seq));
const LINKS = chain(LOG);

/** Index of the first row whose stored link is not what the rows say; undefined: the log is as it was written. */
function brokenAt(rows: readonly AuditRow[], stored: readonly string[]): number | undefined {
  const links = chain(rows);
  const at = stored.findIndex((link, i) => link !== links[i]);
  return at < 0 ? undefined : at;
}

describe('the chain of the audit log', () => {
  it('is whole when nothing was touched', () => {
    expect(brokenAt(LOG, LINKS)).toBeUndefined();
    expect(new Set(LINKS).size).toBe(LOG.length);
  });

  it('is the hash that anybody can work out from the row by hand', () => {
    const row = createRow(1, { detail: { b: 2, a: 1 } });
    const content = `[1,"${row.id}","${row.agency_id}","dispatcher-1",null,"read_caller","vek","${row.subject_id}","127.0.0.1",{"a":1,"b":2},1760000000001]`;
    const byHand = createHash('sha256')
      .update(Buffer.concat([START, Buffer.from(content)]))
      .digest('hex');
    expect(auditHash(START, 1, row).toString('hex')).toBe(byHand);
  });

  const changes: readonly [keyof AuditRow, unknown][] = [
    ['id', '018f0000-0000-7000-8000-0000000000ff'],
    ['agency_id', '018f0000-0000-7000-8000-0000000000ff'],
    ['actor', 'dispatcher-2'],
    ['purpose', 'curiosity'],
    ['action', 'read_vek'],
    ['subject_kind', 'unit'],
    ['subject_id', '018f0000-0000-7000-8000-0000000000ff'],
    ['source_ip', null],
    ['detail', { a: 1, b: { c: [2, 1], d: null } }],
    ['at', 1_760_000_000_999],
  ];
  it.each(changes)('breaks at a row whose %s was changed', (field, value) => {
    const forged = LOG.map((row, i) => (i === 2 ? { ...row, [field]: value } : row));
    expect(brokenAt(forged, LINKS)).toBe(2);
  });

  it('covers every field of a row but its seq, which the position stands for', () => {
    expect(changes.map(([field]) => field).sort()).toEqual(
      Object.keys(createRow(1))
        .filter((field) => field !== 'seq')
        .sort(),
    );
  });

  it('breaks at a row that was taken out, wherever it stood', () => {
    for (const gone of LOG.keys()) {
      const rows = LOG.filter((_, i) => i !== gone);
      const links = LINKS.filter((_, i) => i !== gone);
      // taking out the last one is seen by the head, which keeps position and link of the end
      if (gone === LOG.length - 1) expect(links.at(-1)).not.toBe(LINKS.at(-1));
      else expect(brokenAt(rows, links), `row ${gone}`).toBe(gone);
    }
  });

  it('breaks where two rows changed places, with or without their links', () => {
    const moved = [LOG[0]!, LOG[2]!, LOG[1]!, LOG[3]!, LOG[4]!];
    const linksToo = [LINKS[0]!, LINKS[2]!, LINKS[1]!, LINKS[3]!, LINKS[4]!];
    expect(brokenAt(moved, LINKS)).toBe(1);
    expect(brokenAt(moved, linksToo)).toBe(1);
  });

  it('breaks at a row that was slipped in', () => {
    const rows = [LOG[0]!, createRow(9), ...LOG.slice(1)];
    expect(brokenAt(rows, LINKS)).toBe(1);
  });

  it('tells the same row at two positions apart', () => {
    expect(auditHash(START, 1, LOG[0]!)).not.toEqual(auditHash(START, 2, LOG[0]!));
  });

  it('does not depend on the order of keys, which jsonb does not keep', () => {
    const written = createRow(1, {
      detail: { to: 'VP', changed: ['lon', 'lat'], nested: { z: 1, a: [{ y: 2, x: 1 }] } },
    });
    const readBack = createRow(1, {
      detail: { nested: { a: [{ x: 1, y: 2 }], z: 1 }, changed: ['lon', 'lat'], to: 'VP' },
    });
    expect(auditHash(START, 1, readBack)).toEqual(auditHash(START, 1, written));
  });

  it('depends on the order of lists, which jsonb keeps', () => {
    const one = createRow(1, { detail: { changed: ['lon', 'lat'] } });
    const other = createRow(1, { detail: { changed: ['lat', 'lon'] } });
    expect(auditHash(START, 1, one)).not.toEqual(auditHash(START, 1, other));
  });

  it('does not let text pass from one field into the next', () => {
    const one = createRow(1, { actor: 'a","b', purpose: 'c' });
    const other = createRow(1, { actor: 'a', purpose: 'b","c' });
    expect(auditHash(START, 1, one)).not.toEqual(auditHash(START, 1, other));
  });
});
