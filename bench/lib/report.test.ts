import { describe, expect, it } from 'vitest';
import { BUDGETS, judge } from '../budgets.js';
import { compare, differences, failedChecks, type Report, reportHtml, reportText } from './report.js';
import { keyPlaces, plotSvg, ticks } from './svg-plot.js';

function createReport(figures: Report['results'][number]['figures'], ok = true): Report {
  return {
    at: '2026-01-01T00:00:00.000Z',
    command: 'npm run bench -- <x>',
    seed: 112,
    quick: false,
    machine: { processor: 'abacus & co' },
    results: [
      {
        bench: 'ingest',
        figures,
        checks: [{ what: 'stored is what was sent', ok, detail: '7 rows' }],
        plots: [
          {
            title: 'a < b',
            x: { label: 'x', log: true },
            y: { label: 'y' },
            lines: [
              {
                name: 'l',
                points: [
                  [1, 2],
                  [10, 4],
                ],
              },
            ],
          },
        ],
        notes: ['absent: Tile38'],
        seconds: 1,
      },
    ],
  };
}

describe('budgets', () => {
  it('have ids of their own', () => {
    expect(new Set(BUDGETS.map(({ id }) => id)).size).toBe(BUDGETS.length);
  });

  it('are met at the limit, on either side', () => {
    const verdicts = judge([
      { id: 'start.second', value: 8 },
      { id: 'ingest.embedded.10.capacity', value: 39_999 },
      { id: 'of.no.budget', value: 1 },
    ]);
    expect(verdicts.map(({ id, met }) => [id, met])).toEqual([
      ['ingest.embedded.10.capacity', false],
      ['start.second', true],
    ]);
  });
});

describe('compare', () => {
  const figure = (id: string, value: number, better: 'less' | 'more' = 'less', unit = 'ms') => ({
    id,
    what: id,
    value,
    unit,
    better,
  });

  it('divides the newer by the older and says which way is better', () => {
    const before = createReport([
      figure('a', 100),
      figure('b', 100, 'more'),
      figure('c', 100),
      figure('gone', 1),
      figure('u', 1, 'less', 's'),
    ]);
    const now = createReport([
      figure('a', 50),
      figure('b', 50, 'more'),
      figure('c', 105),
      figure('new', 1),
      figure('u', 1),
    ]);
    expect(compare(before, now).map(({ id, ratio, verdict }) => [id, ratio, verdict])).toEqual([
      ['a', 0.5, 'better'],
      ['b', 0.5, 'worse'],
      ['c', 1.05, 'same'],
    ]);
  });
});

describe('differences', () => {
  it('name what else may have changed a ratio, and nothing that is another in every run', () => {
    const before = createReport([]);
    const now = {
      ...before,
      quick: true,
      machine: { processor: 'slide rule', commit: 'abc', 'load before': '3', node: 'v1' },
    };
    expect(differences(before, before)).toEqual([]);
    expect(differences(before, now)).toEqual([
      'length was full, is quick now',
      'processor was abacus & co, is slide rule now',
      'node was not told, is v1 now',
    ]);
  });
});

describe('the report', () => {
  const report = createReport([{ id: 'start.second', what: 'second start', value: 9, unit: 's' }]);

  it('is one page that asks for nothing else', () => {
    const html = reportHtml(report);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|https?:/);
    expect(html).toContain('<svg');
    expect(html).toContain('prefers-color-scheme:dark');
    for (const said of ['abacus &amp; co', '&lt;x&gt;', 'a &lt; b', '112', 'absent: Tile38', 'not met', 'not measured'])
      expect(html).toContain(said);
  });

  it('says in the terminal what was right and which budget was not kept', () => {
    const text = reportText(report);
    expect(text).toContain('right: stored is what was sent: 7 rows');
    expect(text).toMatch(/NOT MET +9 +≤ 8 s/);
  });

  it('names a wrong result, which is what the exit code follows', () => {
    expect(failedChecks(report)).toEqual([]);
    expect(failedChecks(createReport([], false))).toHaveLength(1);
  });
});

describe('plots', () => {
  it('have round ticks around what they show', () => {
    expect(ticks(0, 97, false)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(3, 5000, true)).toEqual([1, 10, 100, 1000, 10_000]);
  });

  it('have a key whose names do not run into each other, in as many rows as they need', () => {
    const places = keyPlaces([
      'hub',
      'postgres, 10 a frame',
      'naive: all that moved as JSON, four times a second',
      'a',
    ]);
    expect(places.map(({ row }) => row)).toEqual([0, 0, 1, 1]);
    expect(places[1]!.x - places[0]!.x).toBeGreaterThan(40);
  });

  it('leave out what a logarithm cannot show, and are nothing without points', () => {
    const plot = { title: 't', x: { label: 'x', log: true }, y: { label: 'y', log: true } };
    expect(
      plotSvg({
        ...plot,
        lines: [
          {
            name: 'l',
            points: [
              [0, 1],
              [1, Number.NaN],
            ],
          },
        ],
      }),
    ).toBe('');
    expect(
      plotSvg({
        ...plot,
        lines: [
          {
            name: 'l',
            points: [
              [0, 1],
              [1, 5],
            ],
          },
        ],
      }).match(/<circle/g),
    ).toHaveLength(1);
  });
});
