import { INELIGIBLE_CODES, type IneligibleCode } from '../errors.js';
import { capabilityResource, type Demand, resourceOf } from '../run-cards/demand.js';
import { type CapabilityRequirement, type Requirement, substitutesOf } from '../run-cards/requirement.js';
import type { Priority } from '../run-cards/run-card.js';
import { type HardFilter, type Refusal, UNIT_FILTERS } from '../suitability/hard-filters.js';
import type { DispatchPolicy, DispatchQuestion, StandingNeed } from './dispatch-question.js';
import type { DispatchUnit, StandingUnit } from './dispatch-unit.js';
import type { ResponseTime } from './eta.js';

/** Why a unit does not count for a line, with the figures behind it. */
export type Ineligible =
  | Extract<Refusal, { code: keyof typeof UNIT_CODES }>
  | { readonly code: 'service_not_asked'; readonly service: string }
  | { readonly code: 'capability_missing'; readonly capability: string }
  | { readonly code: 'capability_short'; readonly capability: string; readonly wanted: number; readonly has: number }
  | { readonly code: 'equipment_missing'; readonly equipment: string; readonly wanted: number; readonly has: number }
  | { readonly code: 'end_of_shift'; readonly leftS: number; readonly wantedS: number }
  | { readonly code: 'reserved'; readonly vekId: string; readonly from: number }
  | { readonly code: 'crew_shared'; readonly unitId: string }
  | { readonly code: 'preemption_forbidden'; readonly from: Priority; readonly to: Priority; readonly status: string }
  | { readonly code: 'skipped_by_dispatcher'; readonly reason: string }
  /** has: null where nobody knows, and the policy asks for certainty */
  | { readonly code: 'crew_too_small'; readonly wanted: number; readonly has: number | null }
  | { readonly code: 'crew_missing'; readonly qualification: string | null }
  | { readonly code: 'no_route' }
  | { readonly code: 'too_far'; readonly responseMs: number; readonly limitMs: number };

/** The codes that both kinds of question share. */
const UNIT_CODES = {
  no_position: true,
  fix_too_old: true,
  status_not_dispatchable: true,
  off_duty: true,
  held: true,
  already_on_incident: true,
  agency_not_allowed: true,
} as const;

/** From an incident a unit is only taken while it is on its way there. */
const ON_THE_WAY: readonly string[] = ['dispatched', 'en_route'];

/** What a unit brings to a line. */
export interface LineSupply {
  /** Whole: pieces, litres, people. */
  readonly amount: number;
  /** Spent once over all lines that count it. */
  readonly resource: string;
  /** The capability that stands in; null: the unit has what is asked. */
  readonly standsInWith: string | null;
  readonly penaltyMs: number;
}

/** A line under the policy by which it is asked. */
export interface LineNeed {
  readonly line: Requirement;
  readonly policy: DispatchPolicy;
}

/** What lines look at: units that are alike in it are alike for every line. */
export type UnitMakeUp = Pick<StandingUnit, 'service' | 'capabilities' | 'equipment' | 'headCount' | 'qualifications'>;

type LineFilter = HardFilter<UnitMakeUp, LineNeed, Ineligible>;
type FixFilter = HardFilter<DispatchUnit, StandingNeed, Ineligible>;
type StandingFilter = HardFilter<StandingUnit, StandingNeed, Ineligible>;

/** Is the line about the unit at all? */
const LINE_FILTERS: readonly LineFilter[] = [
  {
    code: 'service_not_asked',
    refuses: ({ service }, { line }) =>
      service !== line.service && !substitutesOf(line).some((one) => one.service === service),
    explain: ({ service }) => ({ code: 'service_not_asked', service }),
  },
  {
    code: 'capability_missing',
    refuses: (unit, { line }) => line.kind === 'capability' && capabilityWay(unit, line, false) === NO_WAY,
    explain: (_unit, { line }) => ({
      code: 'capability_missing',
      capability: line.kind === 'capability' ? line.capability : '',
    }),
  },
  {
    code: 'capability_short',
    refuses: (unit, { line }) => line.kind === 'capability' && capabilityWay(unit, line, true) === NO_WAY,
    explain(unit, { line }) {
      if (line.kind !== 'capability') throw new Error(`a line of ${line.kind} has no capability to be short of`);
      const { capability, each } = line;
      return { code: 'capability_short', capability, wanted: each ?? 1, has: unit.capabilities.get(capability) ?? 0 };
    },
  },
  {
    code: 'equipment_missing',
    refuses: (unit, { line }) => lackingOnBoard(unit, line) !== undefined,
    explain(unit, { line }) {
      const lacking = lackingOnBoard(unit, line);
      if (lacking === undefined) throw new Error('explain() was asked about a unit that its filter lets through');
      const { equipment, quantity } = lacking;
      return { code: 'equipment_missing', equipment, wanted: quantity, has: unit.equipment.get(equipment) ?? 0 };
    },
  },
];

/** Is it known where the unit is? */
const FIX_FILTERS: readonly FixFilter[] = [UNIT_FILTERS.noPosition, UNIT_FILTERS.fixTooOld];

/** May the unit go anywhere now? */
const STANDING_FILTERS: readonly StandingFilter[] = [
  {
    code: 'status_not_dispatchable',
    refuses: (unit, question) =>
      UNIT_FILTERS.statusNotDispatchable.refuses(unit, question) &&
      !isSoonFree(unit, question) &&
      !(question.preemption !== null && unit.workPriority !== null),
    explain: UNIT_FILTERS.statusNotDispatchable.explain,
  },
  UNIT_FILTERS.offDuty,
  {
    code: 'end_of_shift',
    refuses: ({ shiftEndsAt }, { now, policy }) =>
      shiftEndsAt !== null && (shiftEndsAt - now) / 1000 <= policy.leastShiftLeftS,
    explain: ({ shiftEndsAt }, { now, policy }) => ({
      code: 'end_of_shift',
      leftS: ((shiftEndsAt ?? now) - now) / 1000,
      wantedS: policy.leastShiftLeftS,
    }),
  },
  {
    code: 'held',
    refuses: (unit, { ownHolds }) => UNIT_FILTERS.held.refuses(unit) && !ownHolds.includes(unit.unitId),
    explain: UNIT_FILTERS.held.explain,
  },
  {
    code: 'reserved',
    refuses: ({ reservedFor }, { vekId }) => reservedFor !== null && reservedFor.vekId !== vekId,
    explain({ reservedFor }) {
      if (reservedFor === null) throw new Error('explain() was asked about a unit that its filter lets through');
      return { code: 'reserved', ...reservedFor };
    },
  },
  UNIT_FILTERS.alreadyOnIncident,
  {
    code: 'crew_shared',
    refuses: ({ crewOutWith }) => crewOutWith !== null,
    explain: ({ crewOutWith }) => ({ code: 'crew_shared', unitId: crewOutWith ?? '' }),
  },
  {
    code: 'preemption_forbidden',
    refuses(unit, question) {
      const { workPriority, status } = unit;
      if (question.preemption === null || workPriority === null || isSoonFree(unit, question)) return false;
      return !(ON_THE_WAY.includes(status) && question.preemption.allowed[workPriority][question.priority]);
    },
    explain: ({ workPriority, status }, { priority }) => ({
      code: 'preemption_forbidden',
      from: workPriority ?? priority,
      to: priority,
      status,
    }),
  },
  UNIT_FILTERS.agencyNotAllowed,
  {
    code: 'skipped_by_dispatcher',
    refuses: ({ unitId }, { skipped }) => Object.hasOwn(skipped, unitId),
    explain: ({ unitId }, { skipped }) => ({ code: 'skipped_by_dispatcher', reason: skipped[unitId] ?? '' }),
  },
];

/** Is its crew what the line asks for? */
const CREW_FILTERS: readonly LineFilter[] = [
  {
    code: 'crew_too_small',
    refuses({ headCount }, { line, policy }) {
      if (line.kind !== 'capability' || line.minCrew === null) return false;
      return headCount === null ? policy.unknownCrewIsEnough === false : headCount < line.minCrew;
    },
    explain: ({ headCount }, { line }) => ({
      code: 'crew_too_small',
      wanted: line.kind === 'capability' ? (line.minCrew ?? 0) : 0,
      has: headCount,
    }),
  },
  {
    code: 'crew_missing',
    refuses: (unit, { line, policy }) =>
      line.kind === 'crew' && amountOf(unit, line, 0, policy.unknownCrewCountsAs) < 1,
    explain: (_unit, { line }) => ({
      code: 'crew_missing',
      qualification: line.kind === 'crew' ? line.qualification : null,
    }),
  },
];

/** Does a way lead there, near enough for what the line is worth? */
export function wayRefusal(response: ResponseTime | null, { line, policy }: LineNeed): Ineligible | undefined {
  if (response === null) return { code: 'no_route' };
  const { shouldWithinS } = policy;
  if (line.need === 'must' || shouldWithinS === null || response.responseMs <= shouldWithinS * 1000) return undefined;
  return { code: 'too_far', responseMs: response.responseMs, limitMs: shouldWithinS * 1000 };
}

/** Number of a code: its place in INELIGIBLE_CODES plus one; 0 says that nothing refuses. Filters ask in the order of the numbers. */
export function codeNumber(code: IneligibleCode): number {
  return INELIGIBLE_CODES.indexOf(code) + 1;
}
const numbersOf = (filters: readonly { code: IneligibleCode }[]) => filters.map(({ code }) => codeNumber(code));
const LINE_NUMBERS = numbersOf(LINE_FILTERS);
const FIX_NUMBERS = numbersOf(FIX_FILTERS);
const STANDING_NUMBERS = numbersOf(STANDING_FILTERS);
const CREW_NUMBERS = numbersOf(CREW_FILTERS);
/** Up to this number a unit is not about the line: it is counted, never named. */
const LAST_NOT_ABOUT = codeNumber('capability_short');

/** What one line makes of a unit, whatever its state. */
export interface LineMark {
  /** Number of what refuses before the unit's state is asked, and after; 0: nothing. */
  readonly before: number;
  readonly after: number;
  /** Whether the line is about the unit, may it go or not. */
  readonly isAbout: boolean;
  /** Whole amount that it brings, 0 if it is refused. */
  readonly amount: number;
  /** 0: it has what is asked; 1 up: it stands in with that substitute. */
  readonly way: number;
}

export function markOf(unit: UnitMakeUp, need: LineNeed): LineMark {
  const { line, policy } = need;
  const before = firstNumber(LINE_FILTERS, LINE_NUMBERS, unit, need);
  const isAbout = before === 0 || (before > LAST_NOT_ABOUT && line.kind !== 'equipment');
  if (before !== 0) return { before, after: 0, isAbout, amount: 0, way: 0 };
  const after = firstNumber(CREW_FILTERS, CREW_NUMBERS, unit, need);
  if (after !== 0) return { before, after, isAbout, amount: 0, way: 0 };
  const way = wayOf(unit, line);
  return { before, after, isAbout, amount: amountOf(unit, line, way, policy.unknownCrewCountsAs), way };
}

/** Number of the first filter that a unit's state does not pass, its fix not looked at; 0: it passes. */
export function standingNumber(unit: StandingUnit, need: StandingNeed): number {
  return firstNumber(STANDING_FILTERS, STANDING_NUMBERS, unit, need);
}

/** Why a unit may not go, for what is known of its place and for how it stands; undefined: it may. */
export function fixRefusal(unit: DispatchUnit, need: StandingNeed): Ineligible | undefined {
  return firstReason(FIX_FILTERS, unit, need);
}

export function standingRefusal(unit: StandingUnit, need: StandingNeed): Ineligible | undefined {
  return firstReason(STANDING_FILTERS, unit, need);
}

/** What Eligibility.judge finds out about one unit, for every line. Reused from unit to unit. */
export class Judgement {
  /** [lines] number of what refuses (place in INELIGIBLE_CODES plus one), 0: nothing. */
  readonly codes: Uint8Array;
  /** [lines] whole amount that an eligible unit brings, 0 otherwise. */
  readonly amounts: Float64Array;
  /** [lines] 0: it has what is asked; 1 up: it stands in with that substitute. Only for eligible units. */
  readonly ways: Uint8Array;
  /** Lines that it is eligible for, and those that are about it, whether or not it may go; as bits. */
  eligible = 0;
  about = 0;

  constructor(lines: number) {
    this.codes = new Uint8Array(lines);
    this.amounts = new Float64Array(lines);
    this.ways = new Uint8Array(lines);
  }
}

/** Asks every hard filter that needs no road, for all lines of a demand. Made once a question, runs over whole fleets. */
export class Eligibility {
  readonly #question: DispatchQuestion;
  readonly #needs: readonly LineNeed[];
  readonly lines: number;

  constructor({ lines }: Demand, question: DispatchQuestion) {
    this.#question = question;
    this.#needs = lines.map(({ requirement }) => ({ line: requirement, policy: question.policy }));
    this.lines = lines.length;
  }

  /** Judges a unit for every line. */
  judge(unit: DispatchUnit, into: Judgement): void {
    const { codes, amounts, ways } = into;
    const state = firstNumber(FIX_FILTERS, FIX_NUMBERS, unit, this.#question) || standingNumber(unit, this.#question);
    into.eligible = 0;
    into.about = 0;
    for (let i = 0; i < this.#needs.length; i++) {
      const { before, after, isAbout, amount, way } = markOf(unit, this.#needs[i]!);
      codes[i] = before || state || after;
      amounts[i] = codes[i] === 0 ? amount : 0;
      ways[i] = way;
      if (isAbout) into.about |= 1 << i;
      if (codes[i] === 0) into.eligible |= 1 << i;
    }
  }

  /** The first filter that refuses the unit for a line, with its figures; undefined: it may count, if a way leads there. */
  refusal(unit: DispatchUnit, line: number): Ineligible | undefined {
    const need = this.#needs[line]!;
    return (
      firstReason(LINE_FILTERS, unit, need) ??
      fixRefusal(unit, this.#question) ??
      standingRefusal(unit, this.#question) ??
      firstReason(CREW_FILTERS, unit, need)
    );
  }

  needOf(line: number): LineNeed {
    return this.#needs[line]!;
  }

  /** What an eligible unit brings to a line, from its judgement. */
  supply(line: number, { amounts, ways }: Judgement): LineSupply {
    const { line: asked } = this.#needs[line]!;
    const way = ways[line]!;
    if (way === 0) return { amount: amounts[line]!, resource: resourceOf(asked), standsInWith: null, penaltyMs: 0 };
    const { capability, penaltyS } = substitutesOf(asked)[way - 1]!;
    return {
      amount: amounts[line]!,
      resource: capabilityResource(capability, asked.kind === 'capability' ? asked.each : null),
      standsInWith: capability,
      penaltyMs: penaltyS * 1000,
    };
  }
}

function firstNumber<Unit, Need>(
  filters: readonly HardFilter<Unit, Need, Ineligible>[],
  numbers: readonly number[],
  unit: Unit,
  need: Need,
): number {
  for (let i = 0; i < filters.length; i++) if (filters[i]!.refuses(unit, need, true)) return numbers[i]!;
  return 0;
}

function firstReason<Unit, Need>(
  filters: readonly HardFilter<Unit, Need, Ineligible>[],
  unit: Unit,
  need: Need,
): Ineligible | undefined {
  return filters.find((filter) => filter.refuses(unit, need, true))?.explain(unit, need);
}

/** Whether a busy unit is expected to be free soon enough to count. It is then not taken away from anybody. */
function isSoonFree({ freeAt, workPriority }: StandingUnit, { now, policy }: StandingNeed): boolean {
  return freeAt !== null && workPriority !== null && freeAt - now <= policy.soonFreeWithinS * 1000;
}

/** No way: the unit has neither what is asked nor a substitute, or too little of it. */
const NO_WAY = -1;

/** How a unit serves a line that asks for a capability: 0 with the capability itself, i with substitute i - 1. */
function capabilityWay(unit: UnitMakeUp, line: CapabilityRequirement, enough: boolean): number {
  const { service, capability, each, substitutes } = line;
  if (unit.service === service && (unit.capabilities.get(capability) ?? 0) >= (enough ? (each ?? 1) : 1)) return 0;
  for (let i = 0; i < substitutes.length; i++) {
    const one = substitutes[i]!;
    if (unit.service !== (one.service ?? service)) continue;
    if ((unit.capabilities.get(one.capability) ?? 0) >= (enough ? (one.each ?? 1) : 1)) return i + 1;
  }
  return NO_WAY;
}

function wayOf(unit: UnitMakeUp, line: Requirement): number {
  return line.kind === 'capability' ? capabilityWay(unit, line, true) : 0;
}

/** Whole amount that a unit brings to a line in a way that it has. */
function amountOf(unit: UnitMakeUp, line: Requirement, way: number, unknownCrewCountsAs: number): number {
  switch (line.kind) {
    case 'capability': {
      if (line.each !== null) return 1;
      const code = way === 0 ? line.capability : line.substitutes[way - 1]!.capability;
      return Math.floor(unit.capabilities.get(code) ?? 0);
    }
    case 'crew':
      return peopleOf(unit, line.qualification) ?? unknownCrewCountsAs;
    case 'equipment':
      return Math.floor(unit.equipment.get(line.equipment) ?? 0);
  }
}

/** People of the crew, or those with a qualification; null: nobody knows. */
function peopleOf({ headCount, qualifications }: UnitMakeUp, qualification: string | null): number | null {
  if (qualification === null) return headCount;
  return qualifications.get(qualification) ?? (headCount === null ? null : 0);
}

function lackingOnBoard(unit: UnitMakeUp, line: Requirement): { equipment: string; quantity: number } | undefined {
  if (line.kind === 'equipment') {
    return (unit.equipment.get(line.equipment) ?? 0) >= 1 ? undefined : { equipment: line.equipment, quantity: 1 };
  }
  if (line.kind !== 'capability') return undefined;
  return line.onBoard.find(({ equipment, quantity }) => (unit.equipment.get(equipment) ?? 0) < quantity);
}
