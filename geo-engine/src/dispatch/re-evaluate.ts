import type { Demand } from '../run-cards/demand.js';
import type { Priority } from '../run-cards/run-card.js';
import type { Candidate } from './candidate.js';
import { searchDemand } from './demand-search.js';
import type { PreemptionMatrix } from './dispatch-question.js';
import { crewKey } from './dispatch-unit.js';
import { metLines, Stage, type Taken } from './stage.js';

/** A unit that works on an incident. Its response is what is left of the way; none on scene. */
export interface WorkingUnit extends Taken {
  /** On its way, and not yet there: it can be sent elsewhere. */
  readonly underWay: boolean;
}

/** One open incident as it stands. */
export interface OpenIncident {
  readonly vekId: string;
  readonly priority: Priority;
  readonly demand: Demand;
  readonly working: readonly WorkingUnit[];
  /** Who is free and may go to it. */
  readonly free: readonly Candidate[];
  /** Who is under way to another incident, as if it came to this one. */
  readonly elsewhere: readonly Candidate[];
  /** Norm of the response by service, ms. */
  readonly targetMs: Readonly<Record<string, number>>;
  /** A unit was taken from it already: it is not taken from again. */
  readonly wasDiverted: boolean;
}

export interface ReEvaluationPolicy {
  /** A proposal is made above this gain, and stands while the gain is above the lower one. Milliseconds. */
  readonly proposeGainMs: number;
  readonly keepGainMs: number;
  readonly preemptGainMs: number;
  readonly allowed: PreemptionMatrix;
  /** A millisecond after the norm counts so much more than one before, by priority of the incident. */
  readonly lateFactor: Readonly<Record<Priority, number>>;
  /** What a line that nobody serves counts, ms. */
  readonly unservedMs: number;
  /** A bumped incident may wait so much longer if its norm is not kept, ms. */
  readonly mostAddedMs: number;
  readonly nodeLimit: number;
}

/**
 * Something that a dispatcher may do. Nothing of it happens by itself. `send`: units for lines that nobody serves; `swap`: a
 * free unit instead of one still under way; `preempt`: a unit under way elsewhere, for which another one goes there.
 */
export type Proposal =
  | {
      readonly kind: 'send';
      readonly vekId: string;
      readonly unitIds: readonly string[];
      /** Share of the must lines that was short, and that would be. */
      readonly shortBefore: number;
      readonly shortAfter: number;
    }
  | {
      readonly kind: 'swap';
      readonly vekId: string;
      readonly releaseUnitId: string;
      readonly sendUnitId: string;
      readonly gainMs: number;
    }
  | {
      readonly kind: 'preempt';
      readonly vekId: string;
      readonly unitId: string;
      readonly fromVekId: string;
      /** Who goes where the unit is taken from. */
      readonly replacementUnitIds: readonly string[];
      readonly gainMs: number;
      /** How much later the last of them is there than the unit would have been: the bumped incident's own alarm. */
      readonly addedMs: number;
    };

/** Units that a proposal sends somewhere, and where. */
export function sentBy(body: Proposal): { readonly unitId: string; readonly vekId: string }[] {
  const { vekId } = body;
  switch (body.kind) {
    case 'send':
      return body.unitIds.map((unitId) => ({ unitId, vekId }));
    case 'swap':
      return [{ unitId: body.sendUnitId, vekId }];
    case 'preempt':
      return [
        { unitId: body.unitId, vekId },
        ...body.replacementUnitIds.map((unitId) => ({ unitId, vekId: body.fromVekId })),
      ];
  }
}

/** Names what a proposal is about, whatever its gain: for telling the ones that stand from the new ones. */
export function proposalKey(proposal: Proposal): string {
  switch (proposal.kind) {
    case 'send':
      return `send ${proposal.vekId} ${proposal.unitIds.join(' ')}`;
    case 'swap':
      return `swap ${proposal.vekId} ${proposal.releaseUnitId} ${proposal.sendUnitId}`;
    case 'preempt':
      return `preempt ${proposal.vekId} ${proposal.unitId} ${proposal.fromVekId}`;
  }
}

/**
 * What would make things better, after a unit became free, a status changed, an incident came or moved: for the incidents
 * that this concerns, most urgent first. `standing` are the keys of proposals that are shown already; they need less gain.
 * No unit is in two proposals. It pauses between two incidents, for of hundreds each takes some milliseconds.
 */
export function* reEvaluate(
  incidents: readonly OpenIncident[],
  concerned: ReadonlySet<string>,
  standing: ReadonlySet<string>,
  policy: ReEvaluationPolicy,
): Generator<undefined, Proposal[], void> {
  const proposals: Proposal[] = [];
  const busy = new Set<string>(); // crews of units in a proposal
  const bumped = new Set<string>();
  const inOrder = incidents
    .filter(({ vekId }) => concerned.has(vekId))
    .sort((a, b) => (a.priority < b.priority ? -1 : a.priority > b.priority ? 1 : a.vekId < b.vekId ? -1 : 1));
  for (const incident of inOrder) {
    yield;
    const preemption = proposePreemption(incident, incidents, busy, bumped, standing, policy);
    if (preemption !== undefined) {
      proposals.push(...preemption.proposals);
      bumped.add(preemption.from);
      for (const crew of preemption.crews) busy.add(crew);
      continue;
    }
    const sent = complete(incident.demand, incident.working, without(incident.free, busy), policy.nodeLimit);
    if (sent.added.length > 0) {
      const { shortBefore, shortAfter } = sent;
      const unitIds = sent.added.map(({ candidate }) => candidate.unit.unitId);
      proposals.push({ kind: 'send', vekId: incident.vekId, unitIds, shortBefore, shortAfter });
      for (const { candidate } of sent.added) busy.add(crewKey(candidate.unit));
    }
    for (const swap of findSwaps(incident, busy, standing, policy)) {
      proposals.push(swap.proposal);
      for (const crew of swap.crews) busy.add(crew);
    }
  }
  return proposals;
}

interface Swap {
  readonly proposal: Extract<Proposal, { kind: 'swap' }>;
  readonly crews: readonly string[];
}

/** Free units that are there sooner than one still under way, meet all that it meets, and are missed no more: best gain first. */
function findSwaps(
  { vekId, demand, working, free }: OpenIncident,
  busy: ReadonlySet<string>,
  standing: ReadonlySet<string>,
  policy: ReEvaluationPolicy,
): Swap[] {
  const met = metLines(demand, working);
  const swaps: Swap[] = [];
  for (const released of working) {
    if (!released.underWay || busy.has(crewKey(released.candidate.unit))) continue;
    const others = working.filter((one) => one !== released);
    for (const candidate of without(free, busy)) {
      if (candidate.coverageLoss > released.candidate.coverageLoss) continue;
      if (others.some((one) => crewKey(one.candidate.unit) === crewKey(candidate.unit))) continue;
      const sent = cheapestWay(demand, others, candidate, met);
      if (sent === undefined) continue;
      const gainMs = costOf(released) - costOf(sent);
      const proposal = {
        kind: 'swap',
        vekId,
        releaseUnitId: released.candidate.unit.unitId,
        sendUnitId: candidate.unit.unitId,
        gainMs,
      } as const;
      const least = standing.has(proposalKey(proposal)) ? policy.keepGainMs : policy.proposeGainMs;
      if (gainMs <= least) continue;
      swaps.push({ proposal, crews: [crewKey(released.candidate.unit), crewKey(candidate.unit)] });
    }
  }
  swaps.sort(
    (a, b) => b.proposal.gainMs - a.proposal.gainMs || (proposalKey(a.proposal) < proposalKey(b.proposal) ? -1 : 1),
  );
  const used = new Set<string>();
  return swaps.filter(({ crews }) => {
    if (crews.some((crew) => used.has(crew))) return false;
    for (const crew of crews) used.add(crew);
    return true;
  });
}

/** The way to use a unit, at the least penalty, with which every line is met as far as before; undefined: there is none. */
function cheapestWay(
  demand: Demand,
  others: readonly Taken[],
  candidate: Candidate,
  met: Float64Array,
): Taken | undefined {
  const { servesAtPenalty, supplies } = candidate;
  let best: Taken | undefined;
  for (let set = servesAtPenalty; ; set = (set - 1) & servesAtPenalty) {
    let penaltyMs = 0;
    for (let line = 0; set >> line > 0; line++) if ((set & (1 << line)) !== 0) penaltyMs += supplies[line]!.penaltyMs;
    const taken: Taken = { candidate, standsIn: set, penaltyMs, need: 'must' };
    if (best === undefined || penaltyMs < best.penaltyMs) {
      const now = metLines(demand, [...others, taken]);
      if (now.every((amount, line) => amount >= met[line]!)) best = taken;
    }
    if (set === 0) return best;
  }
}

interface Preemption {
  readonly gainMs: number;
  /** The pre-emption, and who is sent besides. */
  readonly proposals: readonly Proposal[];
  readonly from: string;
  readonly crews: readonly string[];
}

/**
 * The best unit to take from another incident: the matrix allows it, it is still under way, free units make good all that
 * it was for there, in the norm or not much later, and what this incident gains is more than that one loses.
 */
function proposePreemption(
  incident: OpenIncident,
  incidents: readonly OpenIncident[],
  busy: ReadonlySet<string>,
  bumped: ReadonlySet<string>,
  standing: ReadonlySet<string>,
  policy: ReEvaluationPolicy,
): Preemption | undefined {
  const { vekId, demand, working, free } = incident;
  const alone = complete(demand, working, without(free, busy), policy.nodeLimit);
  const costAlone = incidentCostMs(incident, alone, policy);
  let best: Preemption | undefined;
  for (const other of incidents) {
    if (other === incident || other.wasDiverted || bumped.has(other.vekId)) continue;
    if (!policy.allowed[other.priority][incident.priority]) continue;
    for (const bumpedUnit of other.working) {
      const crew = crewKey(bumpedUnit.candidate.unit);
      const asMine = incident.elsewhere.find(({ unit }) => unit.unitId === bumpedUnit.candidate.unit.unitId);
      if (!bumpedUnit.underWay || busy.has(crew) || asMine === undefined) continue;
      const helped = complete(demand, working, [...without(free, busy), asMine], policy.nodeLimit);
      if (!helped.added.some(({ candidate }) => candidate === asMine)) continue;
      const gone = new Set([...busy, ...helped.added.map(({ candidate }) => crewKey(candidate.unit))]);
      const left = other.working.filter((one) => one !== bumpedUnit);
      const repaired = complete(other.demand, left, without(other.free, gone), policy.nodeLimit);
      if (!isGuaranteed(other, bumpedUnit, left, repaired, policy)) continue;
      const before = { added: [], shortBefore: 0, shortAfter: shortOfMust(other.demand, other.working) };
      const loss = incidentCostMs(other, repaired, policy, left) - incidentCostMs(other, before, policy);
      const gainMs = costAlone - incidentCostMs(incident, helped, policy) - loss;
      const proposal = {
        kind: 'preempt',
        vekId,
        unitId: bumpedUnit.candidate.unit.unitId,
        fromVekId: other.vekId,
        replacementUnitIds: repaired.added.map(({ candidate }) => candidate.unit.unitId),
        gainMs,
        addedMs: Math.max(0, latestMs(repaired.added) - bumpedUnit.candidate.response.responseMs),
      } as const;
      const least = standing.has(proposalKey(proposal)) ? policy.keepGainMs : policy.preemptGainMs;
      if (gainMs <= least || (best !== undefined && gainMs <= best.gainMs)) continue;
      const crews = [...helped.added, ...repaired.added].map(({ candidate }) => crewKey(candidate.unit));
      const besides = helped.added.flatMap(({ candidate }) => (candidate === asMine ? [] : [candidate.unit.unitId]));
      const { shortBefore, shortAfter } = helped;
      const send = { kind: 'send', vekId, unitIds: besides, shortBefore, shortAfter } as const;
      best = { gainMs, proposals: besides.length > 0 ? [proposal, send] : [proposal], from: other.vekId, crews };
    }
  }
  return best;
}

/** What free units add to those that work on an incident. */
interface Completion {
  readonly added: readonly Taken[];
  readonly shortBefore: number;
  readonly shortAfter: number;
}

/** The free units that make good what is short of the must lines, at the least cost. */
function complete(
  demand: Demand,
  working: readonly Taken[],
  free: readonly Candidate[],
  nodeLimit: number,
): Completion {
  const stage = new Stage([{ demand, candidates: free }], [working], 'must');
  const { taken, short } = searchDemand(stage.problem, { nodeLimit, equals: 'first' });
  const after = stage.takenAfter(taken, [working])[0]!;
  return { added: after.slice(working.length), shortBefore: shortOfMust(demand, working), shortAfter: short };
}

/** Whether the bumped incident gets all it had, in its norm or not much later. */
function isGuaranteed(
  { demand, working, targetMs }: OpenIncident,
  bumpedUnit: WorkingUnit,
  left: readonly Taken[],
  { added }: Completion,
  { mostAddedMs }: ReEvaluationPolicy,
): boolean {
  const before = metLines(demand, working);
  const after = metLines(demand, [...left, ...added]);
  const isMust = (line: number) => demand.lines[line]!.requirement.need === 'must';
  if (after.some((amount, line) => isMust(line) && amount < before[line]!)) return false;
  const limitMs = bumpedUnit.candidate.response.responseMs + mostAddedMs;
  return added.every(({ candidate: { unit, response } }) => {
    const target = targetMs[unit.service];
    return (target !== undefined && response.responseMs <= target) || response.responseMs <= limitMs;
  });
}

/** What an incident costs: response times, those beyond the norm more dearly, and every line that nobody serves. */
function incidentCostMs(
  { working, targetMs, priority }: OpenIncident,
  { added, shortAfter }: Completion,
  { lateFactor, unservedMs }: ReEvaluationPolicy,
  stayed: readonly Taken[] = working,
): number {
  let value = shortAfter * unservedMs;
  for (const { candidate, penaltyMs } of [...stayed, ...added]) {
    const { responseMs } = candidate.response;
    const target = targetMs[candidate.unit.service];
    const lateMs = target === undefined ? 0 : Math.max(0, responseMs - target);
    value += candidate.costMs + penaltyMs + lateFactor[priority] * lateMs;
  }
  return value;
}

function shortOfMust(demand: Demand, working: readonly Taken[]): number {
  const met = metLines(demand, working);
  let short = 0;
  for (const [line, { quantity, requirement }] of demand.lines.entries()) {
    if (requirement.need === 'must') short += 1 - met[line]! / quantity;
  }
  return short;
}

function without(candidates: readonly Candidate[], busy: ReadonlySet<string>): Candidate[] {
  return candidates.filter(({ unit }) => !busy.has(crewKey(unit)));
}

function costOf({ candidate, penaltyMs }: Taken): number {
  return candidate.costMs + penaltyMs;
}

function latestMs(taken: readonly Taken[]): number {
  return taken.reduce((latest, { candidate }) => Math.max(latest, candidate.response.responseMs), 0);
}
