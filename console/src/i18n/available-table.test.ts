import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import type { Available, AvailableUnit } from '../state/recommendation.js';
import { availableTable } from './available-table.js';
import { Words } from './words.js';

const unit = (callsign: string, change: Partial<AvailableUnit> = {}): AvailableUnit => ({
  unitId: callsign,
  callsign,
  service: 'VUGD',
  kind: 'tanker',
  status: 'available',
  capabilities: { water: 3000 },
  headCount: 4,
  lon: 24.1,
  lat: 56.95,
  response: { responseMs: 250_000, waitMs: 0, intervalMs: [230_000, 310_000] },
  from: { kind: 'fix' },
  verdict: 'within',
  ...change,
});

it('what is available is saved as a table that a spreadsheet reads back, and no callsign is a formula', () => {
  const units = [
    unit('Rīga "AC"; 1'),
    unit('=1+1', { headCount: null, response: null, verdict: 'uncertain', capabilities: {} }),
  ];
  const answer: Available = { at: 0, askedFor: 0, basis: 'roads', units, byCapability: {}, notAvailable: {} };
  for (const language of ['lv', 'en'] as const) {
    const words = new Words(language);
    const rows = parse(availableTable(answer, words), { bom: true, delimiter: ';' }) as string[][];
    const water = `${words.label('capability', 'water')} 3000`;
    const tanker = [words.label('kind', 'tanker'), words.label('status', 'available')];
    expect(rows[0]!.slice(-2)).toEqual(['lat', 'lon']);
    expect(rows[1]).toEqual(['Rīga "AC"; 1', 'VUGD', ...tanker, '4', '3', '6', '', water, '56.95000', '24.10000']);
    const unknown = ['', '', '', words.text('available.uncertain'), ''];
    expect(rows[2]).toEqual(["'=1+1", 'VUGD', ...tanker, ...unknown, '56.95000', '24.10000']);
  }
});
