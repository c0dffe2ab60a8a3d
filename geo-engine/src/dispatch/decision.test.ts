import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFleetWorld, enter } from '../../test/dispatch-world.js';
import { createRandom } from '../../test/random.js';
import { type DecisionRecord, inputFromJson, recordDecision, replayDecision } from './decision.js';
import { DispatchRoster } from './dispatch-roster.js';
import { type DecisionInput, decide, gatherInput } from './recommend.js';
import { decideTogether, gatherTogether, type JointInput } from './recommend-together.js';

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

  it('G99 one about several incidents replays too, and holds a unit once', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { question, roster, ways, correction, coverageLoss } = createFleetWorld(createRandom(seed), 60);
      const surroundings = { roster, ways, correction, coverageLoss };
      const asked = ['vek 1', 'vek 2'].map((vekId) => ({ vekId, question: { ...question, vekId }, surroundings }));
      const input = gatherTogether(asked, 5000);
      const kept = recordDecision(input, decideTogether(input));
      expect(replayDecision(kept), `seed ${seed}`).toEqual({ kind: 'same', output: kept.output });
      const read = inputFromJson(kept.input) as JointInput;
      expect(recordDecision(read, decideTogether(read)), `seed ${seed}`).toEqual(kept);
      const units = new Set(input.veks.flatMap(({ considered }) => considered.map(({ unit }) => unit.unitId)));
      expect(JSON.parse(kept.input).fleet.rows, `seed ${seed}`).toBe(units.size);
    }
  });

  it('G124 a decision that was recorded before units had a place where they free up decides the same still', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { question, units, ways, correction } = createFleetWorld(createRandom(seed), 60);
      const roster = new DispatchRoster();
      for (const unit of units) enter(roster, { ...unit, freePlace: null });
      const input = gatherInput(question, { roster, ways, correction });
      const kept = recordDecision(input, decide(input));
      const { fleet, ...rest } = JSON.parse(kept.input);
      const { freePlace, ...fields } = fleet.fields;
      expect(freePlace, `seed ${seed}`).toEqual({ all: null });
      const before = JSON.stringify({ ...rest, fleet: { ...fleet, fields } });
      const inputSha256 = createHash('sha256').update(before, 'utf8').digest('hex');
      const replay = replayDecision({ ...kept, input: before, inputSha256 });
      expect(replay, `seed ${seed}`).toEqual({ kind: 'same', output: kept.output });
    }
  });

  it('G99 a number that JSON cannot hold is refused', () => {
    const { question, roster, ways } = createFleetWorld(createRandom(3), 60);
    const input = gatherInput(question, { roster, ways });
    const answer = decide(input);
    const [first, ...rest] = input.considered;
    const bad = [
      { ...input, correction: Number.NaN },
      { ...input, considered: [{ ...first!, coverageLoss: Number.POSITIVE_INFINITY }, ...rest] },
      {
        ...input,
        considered: [...rest, { ...first!, unit: { ...first!.unit, equipment: new Map([['foam', Number.NaN]]) } }],
      },
    ];
    for (const one of bad) expect(() => recordDecision(one, answer)).toThrow(RangeError);
    const must = { ...answer.proof.must, costMs: Number.NaN };
    expect(() => recordDecision(input, { ...answer, proof: { ...answer.proof, must } })).toThrow(RangeError);
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
