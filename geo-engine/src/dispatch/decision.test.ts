import { describe, expect, it } from 'vitest';
import { createFleetWorld } from '../../test/dispatch-world.js';
import { createRandom } from '../../test/random.js';
import { canonicalJson, type DecisionRecord, inputFromJson, recordDecision, replayDecision } from './decision.js';
import { type DecisionInput, decide, gatherInput } from './recommend.js';

function record(seed: number): DecisionRecord {
  const { question, roster, ways, correction, coverageLoss } = createFleetWorld(createRandom(seed), 120);
  const input = gatherInput(question, { roster, ways, correction, coverageLoss });
  return recordDecision(input, decide(input));
}

describe('decisions', () => {
  it('G99 a recorded decision replays byte for byte, after a way through JSON too', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const kept = record(seed);
      const returned = JSON.parse(JSON.stringify(kept)) as DecisionRecord;
      expect(replayDecision(returned), `seed ${seed}`).toEqual({ kind: 'same', output: kept.output });
      const read = inputFromJson(kept.input) as DecisionInput;
      expect(recordDecision(read, decide(read)), `seed ${seed}`).toEqual(kept);
    }
  });

  it('G99 what the roster becomes afterwards changes no record', () => {
    const { question, roster, ways, units } = createFleetWorld(createRandom(3), 60);
    const input = gatherInput(question, { roster, ways });
    const before = canonicalJson(input);
    for (const { handle } of units) roster.remove(handle);
    expect(canonicalJson(input)).toBe(before);
  });

  it('G99 a text that was changed is corrupt, another form is not replayed, another answer is told', () => {
    const kept = record(1);
    expect(replayDecision({ ...kept, input: `${kept.input} ` })).toEqual({ kind: 'corrupt' });
    expect(replayDecision({ ...kept, output: kept.output.replace('0', '1') })).toEqual({ kind: 'corrupt' });
    expect(replayDecision({ ...kept, format: kept.format + 1 })).toEqual({ kind: 'other_format' });
    const other = record(2);
    const mixed = { ...kept, output: other.output, outputSha256: other.outputSha256 };
    expect(replayDecision(mixed)).toEqual({ kind: 'different', output: kept.output });
  });

  it('G99 canonical JSON: keys by code units, maps as objects, no white space, no numbers that JSON cannot hold', () => {
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
