import { describe, expect, it } from 'vitest';
import { RoadTiles } from './road-tiles.js';

/** A drawer that finishes a tile when told to, and counts how many it is at. */
function drawer() {
  const asked: string[] = [];
  const finish = new Map<string, () => void>();
  let drawing = 0;
  let most = 0;
  const draw = (z: number, x: number, y: number) => {
    const key = `${z}/${x}/${y}`;
    asked.push(key);
    most = Math.max(most, ++drawing);
    return new Promise<Uint8Array>((resolve) =>
      finish.set(key, () => {
        drawing--;
        resolve(Uint8Array.of(x));
      }),
    );
  };
  return { draw, asked, finish: (key: string) => finish.get(key)!(), most: () => most };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('RoadTiles', () => {
  it('T96 draws a tile once, for all who ask meanwhile and later', async () => {
    const { draw, asked, finish } = drawer();
    const tiles = new RoadTiles(draw);
    const asking = [tiles.tile(5, 1, 2), tiles.tile(5, 1, 2)];
    await settled();
    finish('5/1/2');
    expect(await Promise.all(asking)).toEqual([Uint8Array.of(1), Uint8Array.of(1)]);
    expect(await tiles.tile(5, 1, 2)).toEqual(Uint8Array.of(1));
    expect(asked).toEqual(['5/1/2']);
  });

  it('T96 draws two at a time, in the order in which they were asked for', async () => {
    const { draw, asked, finish, most } = drawer();
    const tiles = new RoadTiles(draw);
    const all = Promise.all([0, 1, 2, 3, 4].map((x) => tiles.tile(5, x, 0)));
    for (const x of [0, 1, 2, 3, 4]) {
      await settled();
      finish(`5/${x}/0`);
    }
    await all;
    expect(asked).toEqual(['5/0/0', '5/1/0', '5/2/0', '5/3/0', '5/4/0']);
    expect(most()).toBe(2);
  });

  it('T96 does not keep what was begun before another network came into use', async () => {
    const { draw, asked, finish } = drawer();
    const tiles = new RoadTiles(draw);
    const before = tiles.tile(5, 1, 2);
    await settled();
    tiles.clear();
    finish('5/1/2');
    await before;
    const after = tiles.tile(5, 1, 2);
    await settled();
    finish('5/1/2');
    await after;
    expect(asked).toEqual(['5/1/2', '5/1/2']);
  });

  it('T96 keeps no refusal and no failure', async () => {
    const outcomes = [
      () => Promise.resolve({ kind: 'refused', code: 'roads_busy' } as const),
      () => Promise.reject(new Error('gone')),
      () => Promise.resolve(new Uint8Array()),
    ];
    const tiles = new RoadTiles(() => outcomes.shift()!());
    expect(await tiles.tile(1, 0, 0)).toMatchObject({ code: 'roads_busy' });
    await expect(tiles.tile(1, 0, 0)).rejects.toThrow('gone');
    expect(await tiles.tile(1, 0, 0)).toEqual(new Uint8Array());
    expect(await tiles.tile(1, 0, 0)).toEqual(new Uint8Array());
  });
});
