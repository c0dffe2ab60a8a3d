import {
  type Candidate,
  createCandidate,
  type Demand,
  type DispatchQuestion,
  type DispatchUnit,
  Eligibility,
  gatherInput,
  Judgement,
  type OpenIncident,
  type Proposal,
  responseTime,
  type Surroundings,
  sentBy,
  type Travel,
  type Ways,
  wayStartOf,
} from '../../../../geo-engine/src/index.js';

/** With each the incidents learn who is left to them; what changes others after so many is left to the next look. */
const MOST_ROUNDS = 8;

/**
 * Who may go to one open incident, as far as it matters: the engine's shortlist of free units holds whoever a best choice can take of
 * them. Where more urgent incidents are promised some of these, the shortlist of the rest is added.
 */
export class KnownCandidates {
  readonly #demand: Demand;
  readonly #question: DispatchQuestion;
  readonly #surroundings: Surroundings;
  readonly #free = new Map<string, Candidate>(); // by unit
  #leftOut: ReadonlySet<string> = new Set(); // units, of the last shortlist

  /** @param question with all that the demand asks for; who is under way elsewhere, or busy and soon free, is no free unit */
  constructor(question: DispatchQuestion, demand: Demand, surroundings: Surroundings) {
    this.#demand = demand;
    this.#question = { ...question, preemption: null, policy: { ...question.policy, soonFreeWithinS: 0 } };
    this.#surroundings = surroundings;
    this.#add();
  }

  get free(): readonly Candidate[] {
    return [...this.#free.values()];
  }

  /** Whether one may go that is among some units, by id, and was not left out before. */
  holdsAny(unitIds: ReadonlySet<string>): boolean {
    for (const id of unitIds) if (this.#free.has(id) && !this.#leftOut.has(id)) return true;
    return false;
  }

  /** Adds whoever is next where some units, by id, are to be had no longer. Returns whether there is anybody. */
  leaveOut(unitIds: ReadonlySet<string>): boolean {
    this.#leftOut = unitIds;
    const before = this.#free.size;
    this.#add();
    return this.#free.size > before;
  }

  #add(): void {
    const leftOut = Object.fromEntries([...this.#leftOut].map((id) => [id, '']));
    const question = { ...this.#question, skipped: { ...this.#question.skipped, ...leftOut } };
    const { considered } = gatherInput(question, this.#surroundings);
    const travels = considered.flatMap(({ unit, travel }) => (travel === null ? [] : [{ unit, travel }]));
    for (const candidate of candidatesAmong(travels, question, this.#demand, this.#surroundings)) {
      const { unitId } = candidate.unit;
      if (!this.#free.has(unitId)) this.#free.set(unitId, candidate);
    }
  }
}

/** Those of some units under way elsewhere that may be taken for an incident, as candidates. */
export function candidatesElsewhere(
  units: readonly DispatchUnit[],
  question: DispatchQuestion,
  demand: Demand,
  surroundings: Surroundings,
): Candidate[] {
  const { agencies } = surroundings;
  const seen = units.filter(
    ({ agencyId, place }) => place !== null && (agencies === undefined || agencies.has(agencyId)),
  );
  const travels = travelsOf(seen, surroundings.ways);
  return candidatesAmong(travels, question, demand, surroundings);
}

function travelsOf(units: readonly DispatchUnit[], ways: Ways): { unit: DispatchUnit; travel: Travel }[] {
  const travels = units.length === 0 ? [] : ways.table(units.map(wayStartOf));
  return units.flatMap((unit, i) => (travels[i] == null ? [] : [{ unit, travel: travels[i] }]));
}

function candidatesAmong(
  travels: readonly { readonly unit: DispatchUnit; readonly travel: Travel }[],
  question: DispatchQuestion,
  demand: Demand,
  { correction = null }: Surroundings,
): Candidate[] {
  const eligibility = new Eligibility(demand, question);
  const judgement = new Judgement(demand.lines.length);
  return travels.flatMap(({ unit, travel }) => {
    const response = responseTime(unit, travel, question.now, correction);
    return createCandidate(unit, response, 0, eligibility, question, judgement) ?? [];
  });
}

/** An open incident, and who may go there. */
export interface GatheredIncident {
  readonly standing: Omit<OpenIncident, 'free'>;
  readonly known: KnownCandidates;
}

/**
 * What is proposed when every incident knows, of the units that no more urgent one is promised, whoever a best choice can take.
 * @param gathered in the order in which they are served
 * @param turn others are let in between two steps
 */
export async function proposeAmong(
  gathered: readonly GatheredIncident[],
  propose: (incidents: readonly OpenIncident[]) => Generator<undefined, Proposal[], void>,
  turn: () => Promise<void>,
): Promise<Proposal[]> {
  for (let round = 1; ; round++) {
    const steps = propose(gathered.map(({ standing, known }) => ({ ...standing, free: known.free })));
    let step = steps.next();
    while (!step.done) {
      await turn();
      step = steps.next();
    }
    const proposals = step.value;
    if (round === MOST_ROUNDS) return proposals;
    const promised = new Set<string>();
    let isWider = false;
    for (const { standing, known } of gathered) {
      if (known.holdsAny(promised)) {
        await turn();
        if (known.leaveOut(new Set(promised))) isWider = true;
      }
      for (const proposal of proposals) {
        if (proposal.vekId === standing.vekId) for (const { unitId } of sentBy(proposal)) promised.add(unitId);
      }
    }
    if (!isWider) return proposals;
  }
}
