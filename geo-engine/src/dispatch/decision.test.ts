import { describe, expect, it } from 'vitest';
import { createFleetWorld } from '../../test/dispatch-world.js';
import { createRandom } from '../../test/random.js';
import { type DecisionRecord, inputFromJson, recordDecision, replayDecision } from './decision.js';
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
    const answer = decide(input);
    const before = recordDecision(input, answer);
    for (const { handle } of units) roster.remove(handle);
    expect(recordDecision(input, answer)).toEqual(before);
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
});
