import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';

describe('canonical JSON', () => {
  it('keys by code units, maps as objects, no white space, no numbers that JSON cannot hold', () => {
    const value = {
      b: [1, -0, 1e21],
      a: new Map([
        ['ž', 1],
        ['Z', 2],
      ]),
      c: undefined,
      ā: 'x"',
    };
    expect(canonicalJson(value)).toBe('{"a":{"Z":2,"ž":1},"b":[1,0,1e+21],"ā":"x\\""}');
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(TypeError);
    expect(() => canonicalJson(() => 1)).toThrow(TypeError);
  });
});
