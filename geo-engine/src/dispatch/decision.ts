import { createHash } from 'node:crypto';
import { type Columns, fromColumns, mustBeFinite, toColumns } from './columns.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { type DecisionInput, decide, type Recommendation } from './recommend.js';
import { decideTogether, type JointInput, type JointRecommendation } from './recommend-together.js';
import type { Travel } from './ways.js';

/** Of the form of a record. Raised when a record of the form before would no longer replay. */
export const DECISION_FORMAT = 3;

/** A decision as it is kept. */
export interface DecisionRecord {
  readonly format: number;
  /** JSON of its own, a third of what the objects would take; see inputFromJson. */
  readonly input: string;
  /** JSON with its keys in the order in which the engine makes them, which replaying makes again. */
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

/** @throws RangeError where a number is not finite: it would be read back as another */
export function recordDecision(input: DecisionInput, output: Recommendation): DecisionRecord;
export function recordDecision(input: JointInput, output: JointRecommendation): DecisionRecord;
export function recordDecision(input: DecisionInput | JointInput, output: object): DecisionRecord {
  mustBeFinite(output, 'output');
  const inputText = JSON.stringify(packed(input));
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

/** One incident of a record; `considered` has the fields of Travel, all null where no way leads there. */
interface PackedInput extends Omit<DecisionInput, 'considered'> {
  /** [considered] place in `fleet`. */
  readonly units: readonly number[];
  readonly considered: Columns;
}

/** An input as it is recorded: every unit once, although several incidents may consider it. */
type Packed = { readonly fleet: Columns } & (
  | PackedInput
  | (Omit<JointInput, 'veks'> & { readonly veks: readonly PackedInput[] })
);

const NO_TRAVEL: { readonly [Field in keyof Travel]: null } = {
  basis: null,
  ms: null,
  lengthM: null,
  offRoadMs: null,
  intervalMs: null,
};

function packed(input: DecisionInput | JointInput): Packed {
  const placeOf = new Map<number, number>();
  const fleet: DispatchUnit[] = [];
  const pack = ({ considered, ...rest }: DecisionInput): PackedInput => {
    mustBeFinite(rest, 'input');
    const units = considered.map(({ unit }) => {
      let place = placeOf.get(unit.handle);
      if (place === undefined) {
        place = fleet.push(unit) - 1;
        placeOf.set(unit.handle, place);
      }
      return place;
    });
    const rows = considered.map(({ travel, coverageLoss }) => ({ ...(travel ?? NO_TRAVEL), coverageLoss }));
    return { ...rest, units, considered: toColumns(rows) };
  };
  const packedInput = 'veks' in input ? { ...input, veks: input.veks.map(pack) } : pack(input);
  return { ...packedInput, fleet: toColumns(fleet) };
}

/** The input that recordDecision wrote. */
export function inputFromJson(text: string): DecisionInput | JointInput {
  const { fleet, ...read } = JSON.parse(text) as Packed;
  const units = fromColumns(fleet).map(withMaps);
  const unpack = ({ units: places, considered, ...rest }: PackedInput): DecisionInput => ({
    ...rest,
    considered: fromColumns(considered).map(({ coverageLoss, ...travel }, row) => ({
      unit: units[places[row]!]!,
      travel: travel.basis === null ? null : (travel as unknown as Travel),
      coverageLoss: coverageLoss as number,
    })),
  });
  if (!('veks' in read)) return unpack(read);
  return { ...read, veks: read.veks.map(unpack) as unknown as JointInput['veks'] };
}

function withMaps(unit: Record<string, unknown>): DispatchUnit {
  const { capabilities, qualifications, equipment, freePlace = null } = unit;
  return {
    ...(unit as unknown as DispatchUnit),
    freePlace: freePlace as DispatchUnit['freePlace'], // records say it since units have one
    capabilities: mapOf(capabilities),
    qualifications: mapOf(qualifications),
    equipment: mapOf(equipment),
  };
}

function mapOf(entries: unknown): Map<string, number> {
  return new Map(entries as [string, number][]);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
