import { createHash } from 'node:crypto';
import { type DecisionInput, decide, type Recommendation } from './recommend.js';
import { decideTogether, type JointInput, type JointRecommendation } from './recommend-together.js';

/** Of the form of a record. Raised when a record of the form before would no longer replay. */
export const DECISION_FORMAT = 2;

/** A decision as it is kept: JSON with its keys in the order in which the engine makes them, which replaying makes again. */
export interface DecisionRecord {
  readonly format: number;
  readonly input: string;
  readonly output: string;
  /** Hex SHA-256 of the texts in UTF-8. */
  readonly inputSha256: string;
  readonly outputSha256: string;
}

/**
 * What came of deciding a recorded input again. `corrupt`: a text and its hash disagree, or the input is no JSON;
 * `other_format`: written by a form that is not replayed here; `different`: the answer is another one today.
 */
export type Replay =
  | { readonly kind: 'same'; readonly output: string }
  | { readonly kind: 'different'; readonly output: string }
  | { readonly kind: 'corrupt' | 'other_format' };

export function recordDecision(input: DecisionInput, output: Recommendation): DecisionRecord;
export function recordDecision(input: JointInput, output: JointRecommendation): DecisionRecord;
export function recordDecision(input: DecisionInput | JointInput, output: object): DecisionRecord {
  const inputText = JSON.stringify(withoutMaps(input));
  const outputText = JSON.stringify(output);
  return {
    format: DECISION_FORMAT,
    input: inputText,
    output: outputText,
    inputSha256: sha256(inputText),
    outputSha256: sha256(outputText),
  };
}

/** Decides again from the recorded input and compares byte for byte. */
export function replayDecision(record: DecisionRecord): Replay {
  const { format, input, output, inputSha256, outputSha256 } = record;
  if (format !== DECISION_FORMAT) return { kind: 'other_format' };
  if (sha256(input) !== inputSha256 || sha256(output) !== outputSha256) return { kind: 'corrupt' };
  const read = inputFromJson(input);
  const again = JSON.stringify('veks' in read ? decideTogether(read) : decide(read));
  return { kind: again === output ? 'same' : 'different', output: again };
}

/** What of an input JSON can hold. */
function withoutMaps(input: DecisionInput | JointInput): object {
  if ('veks' in input) return { ...input, veks: input.veks.map(withoutMaps) };
  const considered = input.considered.map(({ unit, ...rest }) => ({
    ...rest,
    unit: {
      ...unit,
      capabilities: Object.fromEntries(unit.capabilities),
      qualifications: Object.fromEntries(unit.qualifications),
      equipment: Object.fromEntries(unit.equipment),
    },
  }));
  return { ...input, considered };
}

/** The input that recordDecision wrote. */
export function inputFromJson(text: string): DecisionInput | JointInput {
  const input = JSON.parse(text) as DecisionInput | JointInput;
  return 'veks' in input ? { ...input, veks: input.veks.map(withMaps) } : withMaps(input);
}

function withMaps<Input extends DecisionInput>(input: Input): Input {
  const considered = input.considered.map(({ unit, ...rest }) => ({
    ...rest,
    unit: {
      ...unit,
      capabilities: mapOf(unit.capabilities),
      qualifications: mapOf(unit.qualifications),
      equipment: mapOf(unit.equipment),
    },
  }));
  return { ...input, considered };
}

function mapOf(record: unknown): Map<string, number> {
  return new Map(Object.entries(record as Record<string, number>));
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
