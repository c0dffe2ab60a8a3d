import { type Api, ApiProblem } from './api.js';
import type { Commands } from './commands.js';
import type { Located } from './located.js';
import type { BypassedUnit, ChosenUnit, IncidentAnswer, OwnRequirement, Recommendation } from './recommendation.js';
import type { DrawnWay, Step, Store, WhoGoes } from './store.js';

/** What asking and sending needs of the desk. */
export interface DispatchingDesk {
  readonly store: Store;
  readonly commands: Commands;
  api(): Api;
  /** A VEK and a unit are to be fetched again. */
  changed(vekId: string, unitId: string): void;
  /** The vehicle that a unit of an agency drives, where the answer does not say. */
  profileOf(agencyId: string): string | undefined;
}

type Routed = ChosenUnit | BypassedUnit;

/**
 * Asks who goes to one VEK or to several together, holds whom the answer names, and sends them. One question at a time: an
 * answer that was overtaken by a newer question is dropped.
 */
export class Dispatching {
  readonly #desk: DispatchingDesk;
  #asked = 0;
  #looked = 0;

  constructor(desk: DispatchingDesk) {
    this.#desk = desk;
  }

  /**
   * Puts the question anew; of the VEKs asked about before, levels and skipped units stay. So does what is held for them, as long as
   * the answers go on naming it: to this desk it is not held.
   */
  async ask(vekIds: readonly string[]): Promise<void> {
    const before = this.#desk.store.get().whoGoes;
    const isSame = before !== undefined && String(before.vekIds) === String(vekIds);
    await this.#askAs(isSame ? before : { ...NO_QUESTION, vekIds });
  }

  /** Asks again, and no longer tells what came of earlier tries. */
  async again(): Promise<void> {
    await this.#reword(({ steps }) => ({ steps: keep(steps, 'held', 'holding', 'sending') }));
  }

  /** Asks as if the alarm were at that level; the VEK stays at its own. */
  async setLevel(vekId: string, level: number): Promise<void> {
    await this.#reword((whoGoes) => ({ levels: new Map(whoGoes.levels).set(vekId, level) }));
  }

  /** @param requirements undefined: the run card again */
  async askFor(vekId: string, requirements: readonly OwnRequirement[] | undefined): Promise<void> {
    await this.#reword((whoGoes) => {
      const own = new Map(whoGoes.own);
      if (requirements === undefined) own.delete(vekId);
      else own.set(vekId, requirements);
      return { own };
    });
  }

  async skip(unitId: string, reason: string): Promise<void> {
    await this.#reword((whoGoes) => ({ skipped: new Map(whoGoes.skipped).set(unitId, reason) }));
  }

  async unskip(unitId: string): Promise<void> {
    await this.#reword(({ skipped }) => {
      const left = new Map(skipped);
      left.delete(unitId);
      return { skipped: left };
    });
  }

  async #reword(change: (whoGoes: WhoGoes) => Partial<WhoGoes>): Promise<void> {
    const { whoGoes } = this.#desk.store.get();
    if (whoGoes !== undefined) await this.#askAs({ ...whoGoes, ...change(whoGoes) });
  }

  async #askAs(question: WhoGoes): Promise<void> {
    const asked = ++this.#asked;
    const { store } = this.#desk;
    store.set({ whoGoes: { ...question, isAsking: true } });
    const { vekIds, levels, own, skipped } = question;
    let outcome: Pick<WhoGoes, 'answer' | 'error'>;
    try {
      const answer = await this.#desk.api().recommend({
        incidents: vekIds.map((vekId) => {
          const requirements = own.get(vekId);
          const level = levels.get(vekId);
          return { vekId, ...(level !== undefined && { level }), ...(requirements !== undefined && { requirements }) };
        }),
        skipped: Object.fromEntries(skipped),
      });
      outcome = { answer, error: undefined };
    } catch (error) {
      outcome = { answer: undefined, error };
    }
    if (asked !== this.#asked) return;
    this.#put({ ...outcome, isAsking: false });
    const { answer } = outcome;
    if (answer !== undefined) {
      const named = new Set(answer.incidents.flatMap(({ units }) => units.map(({ unitId }) => unitId)));
      void this.#release((unitId) => !named.has(unitId));
    }
    await this.lookAt(undefined);
  }

  #put(change: Partial<WhoGoes>): void {
    const { store } = this.#desk;
    const { whoGoes } = store.get();
    if (whoGoes !== undefined) store.set({ whoGoes: { ...whoGoes, ...change } });
  }

  // holding and sending

  /** Holds every unit that should go, or those given; who is not got says why, and the others stay held. */
  async hold(unitIds?: readonly string[]): Promise<void> {
    await this.#each(unitIds, 'holding', (vekId, { unitId }) =>
      this.#desk.commands.run(`hold ${vekId} ${unitId}`, async (id): Promise<Step> => {
        const { expiresAt } = await this.#desk.api().hold(vekId, id, unitId);
        return { kind: 'held', holdId: id, expiresAt };
      }),
    );
  }

  async releaseAll(): Promise<void> {
    await this.#release(() => true);
  }

  async #release(isOver: (unitId: string) => boolean): Promise<void> {
    const steps = [...(this.#desk.store.get().whoGoes?.steps ?? [])];
    const over = new Map(
      steps.flatMap(([unitId, step]) => (step.kind === 'held' && isOver(unitId) ? [[unitId, step.holdId]] : [])),
    );
    if (over.size === 0) return;
    this.#put({ steps: new Map(steps.filter(([unitId]) => !over.has(unitId))) });
    // a hold that cannot be given back now ends by itself
    await Promise.allSettled([...over.values()].map((id) => this.#desk.api().release(id)));
  }

  /** Sends every unit that should go, or those given, and asks again for what is then missing. */
  async send(unitIds?: readonly string[]): Promise<void> {
    const vekIds = this.#desk.store.get().whoGoes?.vekIds;
    await this.#each(unitIds, 'sending', (vekId, { unitId }) =>
      this.#desk.commands.run(`assign ${vekId} ${unitId}`, async (id): Promise<Step> => {
        await this.#desk.api().assign(vekId, id, unitId);
        this.#desk.changed(vekId, unitId);
        return { kind: 'sent' };
      }),
    );
    const { whoGoes } = this.#desk.store.get();
    // who was refused stays told
    if (whoGoes !== undefined && whoGoes.vekIds === vekIds)
      await this.#askAs({ ...whoGoes, steps: keep(whoGoes.steps, 'refused', 'held', 'holding', 'sending') });
  }

  async #each(
    unitIds: readonly string[] | undefined,
    under: 'holding' | 'sending',
    carryOut: (vekId: string, unit: ChosenUnit) => Promise<Step>,
  ): Promise<void> {
    const { whoGoes } = this.#desk.store.get();
    const vekIds = whoGoes?.vekIds;
    const goal = under === 'holding' ? 'held' : 'sent';
    const due = (whoGoes?.answer?.incidents ?? []).flatMap(({ vekId, units }) =>
      units
        .filter(({ unitId }) => unitIds?.includes(unitId) ?? true)
        .filter(({ unitId }) => !isUnderWay(whoGoes?.steps.get(unitId), goal))
        .map((unit) => ({ vekId, unit })),
    );
    if (due.length === 0) return;
    this.#step(
      vekIds,
      due.map(({ unit }) => [unit.unitId, { kind: under }]),
    );
    await Promise.all(
      due.map(async ({ vekId, unit }) => {
        const { unitId, callsign } = unit;
        const done = await carryOut(vekId, unit).catch((error): Step => ({ kind: 'refused', callsign, error }));
        this.#step(vekIds, [[unitId, done]]);
      }),
    );
  }

  #step(vekIds: readonly string[] | undefined, changed: readonly (readonly [string, Step])[]): void {
    // the desk may have turned to other VEKs meanwhile
    if (this.#desk.store.get().whoGoes?.vekIds !== vekIds) return;
    this.#put({ steps: new Map([...(this.#desk.store.get().whoGoes?.steps ?? []), ...changed]) });
  }

  // the map

  /** Draws the ways of all who should go, and of those who do not go for the line looked at. */
  async lookAt(line: { readonly vekId: string; readonly line: number } | undefined): Promise<void> {
    const looked = ++this.#looked;
    const { store } = this.#desk;
    const { answer } = store.get().whoGoes ?? {};
    const ways = await Promise.all(
      (answer?.incidents ?? []).flatMap((incident) => {
        const bypassed = incident.vekId === line?.vekId ? (incident.lines[line.line]?.notChosen ?? []) : [];
        return [
          ...bypassed.map((unit) => this.#wayOf(answer!, incident, unit, false)),
          ...incident.units.map((unit) => this.#wayOf(answer!, incident, unit, true)),
        ];
      }),
    );
    if (looked === this.#looked) store.set({ ways: ways.filter((way) => way !== undefined) });
  }

  /** Undefined where the roads that the answer went by have no way to show now. */
  async #wayOf(
    { basis }: Recommendation,
    { place }: IncidentAnswer,
    unit: Routed,
    isChosen: boolean,
  ): Promise<DrawnWay | undefined> {
    const { unitId, callsign, agencyId, response } = unit;
    const start = unit.from.kind === 'free_place' ? unit.from : unit;
    const about = { unitId, callsign, intervalMs: response.intervalMs, isChosen };
    if (basis.travel !== 'roads') return { ...about, isByRoad: false, line: [start, place].map(toPosition) };
    const profile = 'profile' in unit ? unit.profile : this.#desk.profileOf(agencyId);
    try {
      const { route } = await this.#desk.api().route(start, place, undefined, profile);
      return route === null ? undefined : { ...about, isByRoad: true, line: route.geometry.coordinates };
    } catch (error) {
      if (error instanceof ApiProblem) return undefined;
      throw error;
    }
  }
}

const NO_QUESTION: Omit<WhoGoes, 'vekIds'> = {
  levels: new Map(),
  own: new Map(),
  skipped: new Map(),
  isAsking: false,
  answer: undefined,
  error: undefined,
  steps: new Map(),
};

/** Whether a unit's step is what is wanted, or on its way there. */
function isUnderWay(step: Step | undefined, goal: 'held' | 'sent'): boolean {
  if (step === undefined || step.kind === 'refused') return false;
  return step.kind !== 'held' || (goal === 'held' && step.expiresAt > Date.now());
}

function keep(steps: ReadonlyMap<string, Step>, ...kinds: readonly Step['kind'][]): ReadonlyMap<string, Step> {
  return new Map([...steps].filter(([, { kind }]) => kinds.includes(kind)));
}

function toPosition({ lon, lat }: Located): readonly [number, number] {
  return [lon, lat];
}
