import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AckDebtor, AckPacer } from './ack-pacer.js';

const START = 1_790_000_000_000;

class Crew extends AckDebtor {
  readonly #acks: [atMs: number, items: number][];

  constructor(acks: [atMs: number, items: number][]) {
    super();
    this.#acks = acks;
  }

  override sendAcks(now: number): void {
    this.#acks.push([now - START, this.unackedItems]);
    this.acked(now);
  }

  override acked(now: number): void {
    super.acked(now);
  }
}

describe('T15 acks are paced', () => {
  let pacer: AckPacer;
  /** When each ack of a crew left, ms since the start, and for how many items. */
  type Acked = { readonly debtor: Crew; readonly acks: [atMs: number, items: number][] };

  beforeEach(() => {
    vi.useFakeTimers({ now: START, toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date'] });
    pacer = new AckPacer();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function createCrew(): Acked {
    const acks: [number, number][] = [];
    return { debtor: new Crew(acks), acks };
  }
  const owe = ({ debtor }: Acked, items: number) => pacer.owe(debtor, items, Date.now());

  it('T15 the first ack goes out with the commit, and so does each of a crew that sends once a second', () => {
    const crew = createCrew();
    for (let second = 0; second < 3; second++) {
      owe(crew, 1);
      vi.advanceTimersByTime(1000);
    }
    expect(crew.acks).toEqual([
      [0, 1],
      [1000, 1],
      [2000, 1],
    ]);
  });

  it('T15 a crew whose fixes are committed every 100 ms is acked some four times a second, for all of them', () => {
    const crew = createCrew();
    for (let commit = 0; commit < 40; commit++) {
      owe(crew, 1);
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(300);
    expect(crew.acks.reduce((sum, [, items]) => sum + items, 0)).toBe(40);
    expect(crew.acks.length).toBeGreaterThanOrEqual(13);
    expect(crew.acks.length).toBeLessThanOrEqual(17);
    const gaps = crew.acks.slice(1).map(([at], i) => at - crew.acks[i]![0]);
    expect(Math.max(...gaps), 'longest wait: the pace and one look').toBeLessThanOrEqual(300);
  });

  it('T15 what comes in eights does not wait', () => {
    const crew = createCrew();
    owe(crew, 8);
    vi.advanceTimersByTime(10);
    owe(crew, 5);
    vi.advanceTimersByTime(10);
    expect(crew.acks).toHaveLength(1);
    owe(crew, 3);
    vi.advanceTimersByTime(10);
    expect(crew.acks.map(([, items]) => items)).toEqual([8, 8]);
  });

  it('T15 an ack that went another way is not sent again', () => {
    const crew = createCrew();
    owe(crew, 1);
    vi.advanceTimersByTime(1);
    owe(crew, 1);
    crew.debtor.acked(Date.now());
    vi.advanceTimersByTime(5000);
    expect(crew.acks).toEqual([[0, 1]]);
    owe(crew, 1);
    vi.advanceTimersByTime(1);
    expect(crew.acks).toHaveLength(2);
  });

  it('T15 a clock that is set back holds no ack up', () => {
    const crew = createCrew();
    owe(crew, 1);
    vi.advanceTimersByTime(1);
    vi.setSystemTime(START - 3_600_000);
    owe(crew, 1);
    vi.advanceTimersByTime(1);
    expect(crew.acks).toHaveLength(2);
  });

  it('T15 of thousands each is acked once, and between two handfuls of acks everything else has its turn', () => {
    const crews = Array.from({ length: 2500 }, createCrew);
    for (const crew of crews) owe(crew, 1);
    let turns = 0;
    let most = 0;
    let sentBefore = 0;
    while (turns < 1000 && crews.some(({ acks }) => acks.length === 0)) {
      vi.advanceTimersToNextTimer(); // one turn of the loop
      const sent = crews.filter(({ acks }) => acks.length > 0).length;
      most = Math.max(most, sent - sentBefore);
      sentBefore = sent;
      turns++;
    }
    vi.advanceTimersByTime(5000);
    expect(crews.every(({ acks }) => acks.length === 1)).toBe(true);
    expect(most, 'acks in one turn').toBeLessThanOrEqual(250);
  });
});
